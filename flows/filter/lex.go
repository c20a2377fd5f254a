package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says where an expression is wrong, and why.
type SyntaxError struct {
	// Column is the place in the expression, in characters from 1. Where something is missing at
	// the end, it is one after the last character.
	Column int
	// Reason says, on one line, what is wrong there and what was expected.
	Reason string
}

// Error returns one line.
func (e *SyntaxError) Error() string { return fmt.Sprintf("filter: column %d: %s", e.Column, e.Reason) }

// token is a word or an operator; text is empty at the end of the expression.
type token struct {
	text string
	at   int // offset in bytes
}

// quoted returns the token for an error, shortened.
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

// operators has longer operators before those that they begin with.
var operators = []string{"&&", "||", "!=", "==", ">=", "<=", "(", ")", "!", "=", ">", "<"}

// operator returns the operator that s begins with, or "".
func operator(s string) string {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

// lex splits an expression into tokens. The last one is the end.
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
