package runner

import (
	"reflect"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// maxSymbol bounds the length of a symbol: what is longer is rare.
const maxSymbol = 255

// rowTypes are the types of binary rows.
var rowTypes = func() []reflect.Type {
	types := []reflect.Type{reflect.TypeFor[engine.Instance](), reflect.TypeFor[apart](), reflect.TypeFor[Outgoing]()}
	for _, e := range engine.EventTypes() {
		types = append(types, reflect.TypeOf(e))
	}
	return types
}()

// ownSymbols are those that every store has: the names of fields and of events, and the words that stand in them.
var ownSymbols = func() []string {
	words := []string{
		string(engine.StateActive), string(engine.StateCompleted), string(engine.StateTerminated),
		string(engine.SubscriptionJob), string(engine.SubscriptionMessage), string(engine.SubscriptionTimer), string(engine.SubscriptionCall),
		string(engine.SubscriptionSignal), string(engine.SubscriptionCondition), string(engine.OutcomeCompleted),
	}
	for _, e := range engine.EventTypes() {
		words = append(words, reflect.TypeOf(e).Name())
	}
	return slices.Concat(words, codec.FieldNames(rowTypes...))
}()

func symbolKey(number int) rowKey { return rowKey{}.num(int64(number)) }

// loadSymbols reads all symbols of a store.
func loadSymbols(tx ReadTx) *codec.Symbols {
	var texts []string
	tx.Ascend(tableSymbols, nil, func(_, text []byte) bool {
		texts = append(texts, string(text))
		return true
	})
	return codec.NewSymbols(texts)
}

// addSymbols stores those of the texts that are new.
func addSymbols(symbols *codec.Symbols, texts []string, insert func(table Table, key, value []byte)) *codec.Symbols {
	next := symbols.Len()
	all, added := symbols.With(slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return len(s) > maxSymbol }))
	for i, text := range added {
		insert(tableSymbols, symbolKey(next+i), []byte(strings.Clone(text)))
	}
	return all
}

// learn makes symbols of the names in a process, so that the rows of its instances are short.
func (u *unit) learn(p *engine.Process) { u.symbols = addSymbols(u.symbols, p.Words(), u.insert) }
