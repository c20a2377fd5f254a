package filter

import (
	"slices"

	"servmap/flows/decode"
)

// Filter is a parsed expression. It does not change, so goroutines may share
// it.
type Filter struct {
	root  *node
	steps []step
	start int32
}

// step is one test of the compiled expression and where to go after it: the
// index of another step, or accept or reject.
type step struct {
	test    test
	yes, no int32
}

const (
	accept int32 = -1
	reject int32 = -2
)

// Match reports whether the packet, as decoded, matches. It does not change
// the packet, and a packet of any Kind may be asked about: one that is no IP
// packet matches by its frame and its length, and where it was damaged by what
// was decoded before the damage.
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

// String returns an expression for the same filter, with all qualifiers written
// out and no parentheses that are not needed. Parse understands it.
func (f *Filter) String() string {
	if f.root == nil {
		return ""
	}
	return string(f.root.append(nil))
}

// Parse reads an expression. The error is a *SyntaxError.
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

// compile adds the steps of a part of the expression, which go on to yes or no,
// and returns the first of them. A part is compiled after what follows it.
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
