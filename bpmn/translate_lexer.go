package bpmn

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foreignToken is a word or sign of an expression in another language. kind is 'a' for a name, '0' for a number, '"' for a
// text (whose value it has, unescaped), 'o' for an operator or bracket, 0 for the end.
type foreignToken struct {
	kind rune
	text string
}

// operators of Java and JUEL, the longer first.
var foreignOperators = []string{"===", "!==", "==", "!=", "<=", ">=", "&&", "||", "->", "::", "++", "--", "+=", "-=",
	"<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ".", ",", "?", ":", "=", ";", "&", "|", "^", "~"}

// lexForeign splits an expression into tokens. ok is false where it meets what no expression has.
func lexForeign(text string) (tokens []foreignToken, ok bool) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		first, _ := utf8.DecodeRuneInString(text)
		size := 0
		switch {
		case isNameStart(first):
			size = len(text) - len(strings.TrimLeftFunc(text, isNamePart))
			tokens = append(tokens, foreignToken{'a', text[:size]})
		case first >= '0' && first <= '9':
			var number string
			number, size = lexNumber(text)
			tokens = append(tokens, foreignToken{'0', number})
		case first == '"' || first == '\'':
			var value string
			if value, size = lexText(text); size == 0 {
				return nil, false
			}
			tokens = append(tokens, foreignToken{'"', value})
		default:
			for _, operator := range foreignOperators {
				if strings.HasPrefix(text, operator) {
					size = len(operator)
					tokens = append(tokens, foreignToken{'o', operator})
					break
				}
			}
			if size == 0 {
				return nil, false
			}
		}
		text = text[size:]
	}
	return append(tokens, foreignToken{}), true
}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isNamePart(r rune) bool { return isNameStart(r) || unicode.IsDigit(r) }

// lexNumber reads a number, which in Java may have underscores and a letter for its type.
func lexNumber(text string) (number string, size int) {
	for size < len(text) && (text[size] >= '0' && text[size] <= '9' || text[size] == '_' ||
		text[size] == '.' && size+1 < len(text) && text[size+1] >= '0' && text[size+1] <= '9') {
		size++
	}
	number = strings.ReplaceAll(text[:size], "_", "")
	if size < len(text) && strings.ContainsRune("lLfFdD", rune(text[size])) {
		size++
	}
	return number, size
}

// lexText reads a text in quotes; size is 0 if it does not end.
func lexText(text string) (value string, size int) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case text[0]:
			return b.String(), i + 1
		case '\\':
			if i++; i == len(text) {
				return "", 0
			}
			if plain, ok := escapes[text[i]]; ok {
				b.WriteByte(plain)
			} else {
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", 0
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}
