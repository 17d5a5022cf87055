// Package codec writes Go values as compact binary rows that describe themselves, and reads them again.
//
// A row is one value. Objects and structs have the same form, their members named; so a row that an older Sonata wrote, which lacks
// a field, is read as if the field were zero, and one of a newer Sonata, with a field that is not known here, is refused and not
// half understood. Texts that come again and again (names of fields, ids of flow nodes) stand once in [Symbols], which
// the store keeps beside the rows; a row has their numbers. What is in no Symbols stands in the row itself.
//
//	value   nil | false | true | integer | float | text | symbol | bytes | time | list | object
//	list    count value…
//	object  (name value)… 0
//	name    1 text | 2 + number of the symbol
//
// Zero fields of structs are left out. What is nil comes back as nil, and what is empty as empty.
package codec
