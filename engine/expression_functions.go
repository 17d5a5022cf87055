package engine

import "math"

type functionBody func(r *evaluation, args []any) (any, error)

// function is a function of the expression language, or an operator that the guard turns into a call.
type function struct {
	call  functionBody
	types []any // of a function that expressions can name: Go functions of the types that it takes and gives
	cheap bool  // its work does not grow with its arguments, or it counts the steps itself
}

type (
	textToText   = func(string) string
	textTextBool = func(string, string) bool
	numberToAny  = func(any) any
	listToAny    = func([]any) any
	listToList   = func([]any) []any
)

// functions are all functions but those that take a condition, which the library has. They depend on their arguments
// alone, and so does what they give: nothing here knows the clock, chance or the machine.
var functions = map[string]function{
	// Operators and loops, see guard.
	"+": {call: add}, "-": {call: subtract}, "*": {call: multiply}, "/": {call: divide}, "%": {call: modulo}, "**": {call: power},
	"<": {call: ordered(func(c int) bool { return c < 0 })}, "<=": {call: ordered(func(c int) bool { return c <= 0 })},
	">": {call: ordered(func(c int) bool { return c > 0 })}, ">=": {call: ordered(func(c int) bool { return c >= 0 })},
	"equal": {call: equalValues, cheap: true}, "in": {call: isIn, cheap: true},
	"range": {call: makeRange}, "within": {call: within}, "matches": {call: matches, cheap: true},
	"field": {call: fieldOf, cheap: true}, "index": {call: indexOf, cheap: true}, "slice": {call: slice}, "key": {call: keyOf},
	"tick": {call: tick, cheap: true}, "list": {call: toList, cheap: true}, "itself": {call: itself, cheap: true}, "sortBy": {call: sortPairs}, "groupBy": {call: groupPairs},

	// Any value.
	"len":      {call: length, types: []any{(func(any) int)(nil)}, cheap: true},
	"type":     {call: typeOf, types: []any{(func(any) string)(nil)}, cheap: true},
	"string":   {call: toText, types: []any{(func(any) string)(nil)}},
	"int":      {call: toInt, types: []any{(func(any) int)(nil)}},
	"float":    {call: toFloat, types: []any{(func(any) float64)(nil)}},
	"number":   {call: toNumber, types: []any{numberToAny(nil)}},
	"toJSON":   {call: toJSON, types: []any{(func(any) string)(nil)}},
	"fromJSON": {call: fromJSON, types: []any{(func(string) any)(nil)}},
	"get":      {call: get, types: []any{(func(any, any) any)(nil)}, cheap: true},

	// Texts.
	"upper":      {call: upper, types: []any{textToText(nil)}},
	"lower":      {call: lower, types: []any{textToText(nil)}},
	"trim":       {call: trim, types: []any{textToText(nil), (func(string, string) string)(nil)}},
	"split":      {call: split, types: []any{(func(string, string) []any)(nil)}},
	"join":       {call: join, types: []any{(func([]any, string) string)(nil), (func([]any) string)(nil)}},
	"replace":    {call: replace, types: []any{(func(string, string, string) string)(nil)}},
	"repeat":     {call: repeat, types: []any{(func(string, int) string)(nil)}},
	"includes":   {call: includes, types: []any{(func(any, any) bool)(nil)}},
	"hasPrefix":  {call: hasPrefix, types: []any{textTextBool(nil)}},
	"hasSuffix":  {call: hasSuffix, types: []any{textTextBool(nil)}},
	"toBase64":   {call: toBase64, types: []any{textToText(nil)}},
	"uuid":       {call: nameUUID, types: []any{textToText(nil)}},
	"fromBase64": {call: fromBase64, types: []any{textToText(nil)}},

	// Numbers.
	"abs":   {call: absolute, types: []any{numberToAny(nil)}},
	"ceil":  {call: rounded("ceil", math.Ceil), types: []any{numberToAny(nil)}},
	"floor": {call: rounded("floor", math.Floor), types: []any{numberToAny(nil)}},
	"round": {call: rounded("round", math.Round), types: []any{numberToAny(nil)}},
	"min":   {call: minimum, types: []any{(func(...any) any)(nil)}},
	"max":   {call: maximum, types: []any{(func(...any) any)(nil)}},
	"sum":   {call: sum}, // the library parses it, as it may take a function
	"mean":  {call: mean, types: []any{listToAny(nil)}},

	// Lists and objects.
	"first":   {call: first, types: []any{listToAny(nil)}, cheap: true},
	"last":    {call: last, types: []any{listToAny(nil)}, cheap: true},
	"take":    {call: take, types: []any{(func([]any, int) []any)(nil)}},
	"concat":  {call: concat, types: []any{(func(...any) []any)(nil)}},
	"flatten": {call: flatten, types: []any{listToList(nil)}},
	"reverse": {call: reverse, types: []any{listToList(nil)}},
	"sort":    {call: sortList, types: []any{listToList(nil), (func([]any, string) []any)(nil)}},
	"uniq":    {call: unique, types: []any{listToList(nil)}},
	"keys":    {call: keysOf, types: []any{(func(any) []any)(nil)}},
	"values":  {call: valuesOf, types: []any{(func(any) []any)(nil)}},
	"merge":   {call: mergeObjects, types: []any{(func(...any) any)(nil)}},
	"put":     {call: put, types: []any{(func(any, string, any) any)(nil)}},

	// Times.
	"date":     {call: date, types: []any{(func(any) any)(nil)}},
	"duration": {call: duration, types: []any{(func(string) any)(nil)}},
}
