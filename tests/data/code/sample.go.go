package shop

import "fmt"

const Limit = 10

const (
	Small = iota
	Large
)

var ErrEmpty = fmt.Errorf("empty")

// Box holds things.
type Box struct {
	items []int
}

type Sizer interface {
	Size() int
}

type (
	ID   string
	Pair[T any] struct{ a, b T }
)

// Size counts them.
func (b *Box) Size() int {
	return len(b.items)
}

func (p Pair[T]) First() T { return p.a }

func New(items ...int) *Box {
	f := func(x int) int { return x }
	return &Box{items: items}
}

func Map[T any](xs []T) []T { return xs }
