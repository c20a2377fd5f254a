package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says where an expression is not understood, and why.
type SyntaxError struct {
	// Column is the place in the expression, in characters from 1 on. It is
	// one behind the last where something is missing at the end.
	Column int
	// Reason says what is wrong there and what was expected, on one line.
	Reason string
}

// Error is one line.
func (e *SyntaxError) Error() string { return fmt.Sprintf("filter: column %d: %s", e.Column, e.Reason) }

// token is a word or an operator; text is empty at the end of the expression.
type token struct {
	text string
	at   int // offset in bytes
}

// quoted shows a token in an error.
func (t token) quoted() string {
	const most = 40
	if t.text == "" {
		return "the end"
	}
	if utf8.RuneCountInString(t.text) > most {
		return fmt.Sprintf("%q...", string([]rune(t.text)[:most]))
	}
	return fmt.Sprintf("%q", t.text)
}

// operators, the longer ones first.
var operators = []string{"&&", "||", "!=", "==", ">=", "<=", "(", ")", "!", "=", ">", "<"}

func operator(s string) string {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

// lex cuts an expression into tokens, of which the last is the end.
func lex(expr string) []token {
	var out []token
	word := -1
	flush := func(end int) {
		if word >= 0 {
			out = append(out, token{expr[word:end], word})
			word = -1
		}
	}
	for i := 0; i < len(expr); {
		r, n := utf8.DecodeRuneInString(expr[i:])
		switch op := operator(expr[i:]); {
		case op != "":
			flush(i)
			out = append(out, token{op, i})
			n = len(op)
		case unicode.IsSpace(r):
			flush(i)
		case word < 0:
			word = i
		}
		i += n
	}
	flush(len(expr))
	return append(out, token{"", len(expr)})
}
