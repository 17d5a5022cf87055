package engine

import "slices"

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(size int) bitset { return make(bitset, (size+63)/64) }

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// set adds a number and says whether it is new.
func (b bitset) set(i int) bool {
	is := b.has(i)
	b[i/64] |= 1 << (i % 64)
	return !is
}

func (b bitset) clone() bitset { return append(bitset(nil), b...) }

func (b bitset) and(other bitset) {
	for i := range b {
		b[i] &= other[i]
	}
}

// or adds the numbers of another set and says whether one is new.
func (b bitset) or(other bitset) bool {
	changed := false
	for i := range b {
		changed = changed || other[i]&^b[i] != 0
		b[i] |= other[i]
	}
	return changed
}

func (b bitset) empty() bool {
	return !slices.ContainsFunc(b, func(word uint64) bool { return word != 0 })
}
