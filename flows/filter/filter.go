package filter

import (
	"slices"

	"servmap/flows/decode"
)

// Filter is a parsed expression. It is immutable, so goroutines may share it.
type Filter struct {
	root  *node
	steps []step
	start int32
}

// step is one test of the compiled expression, and what comes after it: the index of another step,
// accept or reject.
type step struct {
	test    test
	yes, no int32
}

const (
	accept int32 = -1
	reject int32 = -2
)

// Match reports whether the packet, as decoded, matches. The packet may be of any Kind: one without
// IP matches by its frame and length, and a damaged one by what was decoded before the damage.
func (f *Filter) Match(p *decode.Packet) bool {
	at := f.start
	for at >= 0 {
		s := &f.steps[at]
		if s.test.match(p) {
			at = s.yes
		} else {
			at = s.no
		}
	}
	return at == accept
}

// Equal reports whether two filters make the same tests in the same order.
func (f *Filter) Equal(g *Filter) bool { return f.start == g.start && slices.Equal(f.steps, g.steps) }

// String returns an expression for the same filter, with all qualifiers and without needless
// parentheses. Parse accepts it.
func (f *Filter) String() string {
	if f.root == nil {
		return ""
	}
	return string(f.root.append(nil))
}

// Parse parses an expression. The error is a *SyntaxError.
func Parse(expr string) (*Filter, error) {
	p := parser{expr: expr, tokens: lex(expr)}
	f := &Filter{start: accept}
	if p.peek().text == "" {
		return f, nil
	}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	f.root = root
	f.start = f.compile(root, accept, reject)
	return f, nil
}

// compile adds the steps of a part of the expression and returns the first of them. The steps lead
// to yes or no, which were compiled before.
func (f *Filter) compile(n *node, yes, no int32) int32 {
	switch n.op {
	case opNot:
		return f.compile(n.left, no, yes)
	case opAnd:
		return f.compile(n.left, f.compile(n.right, yes, no), no)
	case opOr:
		return f.compile(n.left, yes, f.compile(n.right, yes, no))
	}
	f.steps = append(f.steps, step{n.test, yes, no})
	return int32(len(f.steps) - 1)
}
