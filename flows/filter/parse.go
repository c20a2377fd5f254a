package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits on an expression, far beyond what anybody writes.
const (
	maxTerms  = 4096
	maxNested = 256
)

// parser reads an expression by recursive descent.
type parser struct {
	expr   string
	tokens []token
	next   int
	// values is set where only values may follow: in parentheses, or after not, after qualifiers.
	values bool
	terms  int
	nested int
}

// peek returns the next token.
func (p *parser) peek() token { return p.tokens[p.next] }

// ahead returns the text of the token n after the next.
func (p *parser) ahead(n int) string { return p.tokens[min(p.next+n, len(p.tokens)-1)].text }

// take returns the next token and moves past it, unless it is the end.
func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.text != "" {
		p.next++
	}
	return t
}

// skip moves past the next token if it is one of the texts.
func (p *parser) skip(texts ...string) bool {
	for _, s := range texts {
		if p.peek().text == s {
			p.take()
			return true
		}
	}
	return false
}

// column counts characters up to a byte of the expression, from 1.
func (p *parser) column(at int) int { return utf8.RuneCountInString(p.expr[:at]) + 1 }

// fail returns an error at a byte of the expression.
func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{Column: p.column(at), Reason: fmt.Sprintf(format, args...)}
}

// unexpected returns an error about a token.
func (p *parser) unexpected(t token, expected string) error {
	switch {
	case t.text == "":
		return p.fail(t.at, "the expression ends: expected %s", expected)
	case refused[t.text]:
		return p.fail(t.at, "%s is not supported: expected %s", t.quoted(), expected)
	}
	return p.fail(t.at, "unexpected %s: expected %s", t.quoted(), expected)
}

// parse reads the whole expression.
func (p *parser) parse() (*node, error) {
	n, _, err := p.chain(nil)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.text != "" {
		return nil, p.misplaced(t, "and, or, or the end")
	}
	return n, nil
}

// misplaced returns an error about a token after a whole primitive.
func (p *parser) misplaced(t token, expected string) error {
	if strings.HasPrefix(t.text, "[") {
		return p.fail(t.at, "bytes of headers ([...]) are not supported: expected %s", expected)
	}
	return p.unexpected(t, expected)
}

// chain reads parts joined by and, or, from left to right. q are the qualifiers of the value before
// it, which a value without qualifiers takes; nil where there are none. chain returns those of its
// last value.
func (p *parser) chain(q *qualifiers) (*node, *qualifiers, error) {
	left, q, err := p.part(q)
	for err == nil {
		op := opAnd
		if p.skip("or", "||") {
			op = opOr
		} else if !p.skip("and", "&&") {
			return left, q, nil
		}
		var right *node
		right, q, err = p.part(q)
		left = &node{op: op, left: left, right: right}
	}
	return nil, nil, err
}

// part reads a primitive, a value, a part after not, or a chain in parentheses.
func (p *parser) part(q *qualifiers) (*node, *qualifiers, error) {
	t := p.peek()
	if t.text != "not" && t.text != "!" && t.text != "(" {
		return p.term(q)
	}
	if p.nested++; p.nested > maxNested {
		return nil, nil, p.fail(t.at, "more than %d parentheses and nots within one another", maxNested)
	}
	defer func() { p.nested-- }()
	p.take()
	if t.text != "(" {
		n, q, err := p.part(q)
		return &node{op: opNot, left: n}, q, err
	}
	n, _, err := p.chain(q)
	if err != nil {
		return nil, nil, err
	}
	if end := p.peek(); end.text != ")" {
		return nil, nil, p.misplaced(end, fmt.Sprintf("and, or, or ) for the ( of column %d", p.column(t.at)))
	}
	p.take()
	return n, q, nil
}

// primitive is what errors say is expected at the beginning of a part.
const primitive = "a primitive such as host, net, port, tcp or vlan"

// term reads a primitive, or a value that repeats the qualifiers q.
func (p *parser) term(q *qualifiers) (*node, *qualifiers, error) {
	t := p.peek()
	if p.terms++; p.terms > maxTerms {
		return nil, nil, p.fail(t.at, "more than %d primitives", maxTerms)
	}
	if p.values {
		return p.repeated(q)
	}
	if test, ok, err := p.alone(); ok || err != nil {
		return &node{test: test}, nil, err
	}
	head, err := p.qualifiers()
	if err != nil {
		return nil, nil, err
	}
	if head == nil {
		return p.repeated(q)
	}
	// There may be several values in parentheses, or not before the value.
	switch p.peek().text {
	case "(", "not", "!":
		defer func(was bool) { p.values = was }(p.values)
		p.values = true
		n, _, err := p.part(head)
		return n, head, err
	}
	test, err := p.value(head)
	return &node{test: test}, head, err
}

// repeated reads a value without qualifiers: q, those of the value before it, are its own.
func (p *parser) repeated(q *qualifiers) (*node, *qualifiers, error) {
	t := p.peek()
	bracket := strings.IndexByte(t.text, '[')
	switch {
	case bracket >= 0:
		return nil, nil, p.fail(t.at+bracket, "bytes of headers ([...]) are not supported: expected %s", primitive)
	case t.text == "" || isOperator(t.text) || refused[t.text]:
		return nil, nil, p.unexpected(t, primitive)
	case q == nil && looksLikeValue(t.text):
		return nil, nil, p.fail(t.at, "%s has no qualifier: expected host, net or port before it", t.quoted())
	case q == nil:
		return nil, nil, p.fail(t.at, "unknown word %s: expected %s", t.quoted(), primitive)
	}
	test, err := p.value(q)
	if err != nil && !p.values && !looksLikeValue(t.text) {
		err = p.fail(t.at, "unknown word %s: expected a value for %s, or %s", t.quoted(), sorts[q.sort], primitive)
	}
	return &node{test: test}, q, err
}

// isOperator reports whether a word joins or encloses parts.
func isOperator(s string) bool {
	return s == "and" || s == "or" || s == "not" || s != "" && operator(s) == s
}

// looksLikeValue reports whether a word is an address or a number rather than a misspelt keyword.
func looksLikeValue(s string) bool { return s[0] >= '0' && s[0] <= '9' || strings.Contains(s, ":") }
