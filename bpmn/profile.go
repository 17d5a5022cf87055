package bpmn

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// profile is the dialect that a document is drawn in. It decides what is meant where the vocabulary alone does not say:
// whether a condition without a language is JUEL, or whether a call passes on all variables.
type profile int

const (
	profilePlain    profile = iota // BPMN itself
	profileCamunda8                // what Camunda Modeler writes for Camunda 8
	profileCamunda7                // and for Camunda 7; Activiti and Flowable too
	profileKogito                  // jBPM and Kogito
)

var profiles = map[string]profile{
	NamespaceZeebe: profileCamunda8, namespaceCamunda: profileCamunda7, namespaceActiviti: profileCamunda7,
	namespaceFlowable: profileCamunda7, namespaceDrools: profileKogito,
}

// profileOf finds the dialect: the modeler says it, else the vocabulary that is used, else the one that is declared.
func (r *reader) profileOf(root *node) profile {
	switch platform, _ := root.lookupIn(NamespaceModel, "executionPlatform"); platform {
	case "Camunda Cloud":
		return profileCamunda8
	case "Camunda Platform":
		return profileCamunda7
	}
	if p := used(root); p != profilePlain {
		return p
	}
	found := profilePlain
	for _, uri := range root.scope.uris {
		if p := profiles[uri]; p != profilePlain {
			if found != profilePlain && found != p {
				return profilePlain
			}
			found = p
		}
	}
	return found
}

// used is the dialect of the first name in the document that is of one; visual attributes count as little as any.
func used(n *node) profile {
	if p := profiles[n.space]; p != profilePlain {
		return p
	}
	for _, a := range n.attrs {
		if p := profiles[a.space]; p != profilePlain {
			return p
		}
	}
	for _, c := range n.children {
		if p := used(c); p != profilePlain {
			return p
		}
	}
	return profilePlain
}

// foreign is the language of an expression whose own language attribute (or script format) is given, "" if it is expr, FEEL
// or one that the engine refuses.
func (r *reader) foreign(language, text string) foreignLanguage {
	if known := foreignLanguages[strings.ToLower(strings.TrimSuffix(language, "/"))]; known != "" || language != "" {
		return known
	}
	switch {
	case r.defaultLanguage() != "": // the file says that it is expr
		return ""
	case r.profile == profileCamunda7 && isTemplate(text) && !strings.HasPrefix(text, "="):
		return juel
	case r.profile == profileKogito && !strings.HasPrefix(text, "="):
		return mvel
	}
	return ""
}

// translated rewrites an expression that is in a language of the Java world; any other stays as it is.
func (r *reader) translated(n *node, e *Expression, language foreignLanguage) *Expression {
	if language == "" || e == nil {
		return e
	}
	text := e.Text
	if body, ok := soleTemplate(text); ok {
		text = body
	}
	translation, fault, hint := translate(text, language)
	if fault != "" {
		r.fail(n, codeForeignExpression, hint, "the expression %s is %s that is not run here: %s", quote(e.Text), language, fault)
	}
	return &Expression{Text: translation, Language: "expr", Pos: e.Pos}
}

// soleTemplate gives what stands in ${ } or #{ } if that is the whole text.
func soleTemplate(text string) (body string, ok bool) {
	parts := splitTemplate(text)
	if len(parts) == 1 && parts[0].expression {
		return parts[0].text, true
	}
	return "", false
}

// part is a piece of a text with expressions in it.
type part struct {
	text       string
	expression bool
}

// splitTemplate splits a text at its ${ } and #{ }; braces in quotes do not count.
func splitTemplate(text string) (parts []part) {
	for text != "" {
		start := strings.IndexAny(text, "$#")
		for start >= 0 && !strings.HasPrefix(text[start+1:], "{") {
			next := strings.IndexAny(text[start+1:], "$#")
			if next < 0 {
				start = -1
				break
			}
			start += 1 + next
		}
		end := -1
		if start >= 0 {
			end = closingBrace(text[start+1:])
		}
		if end < 0 {
			return append(parts, part{text: text})
		}
		if start > 0 {
			parts = append(parts, part{text: text[:start]})
		}
		parts = append(parts, part{text: text[start+2 : start+1+end], expression: true})
		text = text[start+2+end:]
	}
	return parts
}

// closingBrace finds the brace that closes the one that the text begins with, -1 if there is none.
func closingBrace(text string) int {
	depth, quote := 0, byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote && text[i-1] != '\\' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// legacyDuration is a duration as old files of jBPM write it: 2d3h, 90s, 500ms.
var legacyDuration = regexp.MustCompile(`^(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?\s*(?:(\d{1,3})ms)?$`)

// modern writes an old duration as ISO 8601 does; a cycle of one repeats for ever.
func modern(text, timer string) string {
	m := legacyDuration.FindStringSubmatch(text)
	if m == nil || text == "" {
		return text
	}
	iso := "P"
	if m[1] != "" {
		iso += m[1] + "D"
	}
	if m[2]+m[3]+m[4]+m[5] != "" {
		iso += "T"
	}
	if m[2] != "" {
		iso += m[2] + "H"
	}
	if m[3] != "" {
		iso += m[3] + "M"
	}
	if m[4]+m[5] != "" {
		iso += cmp.Or(m[4], "0") + "." + fmt.Sprintf("%03s", m[5]) + "S"
	}
	if timer == "timeCycle" {
		return "R/" + iso
	}
	return iso
}

// template reads a text that may have expressions in ${ } or #{ } among constant text, as values of Camunda 7 and jBPM do:
// a constant, one expression, or several joined to a text.
func (r *reader) template(n *node, text string) *Expression {
	language := juel
	if r.profile == profileKogito {
		language = mvel
	}
	parts := splitTemplate(text)
	switch {
	case len(parts) == 1 && parts[0].expression:
		return r.translated(n, &Expression{Text: text, Pos: n.pos}, language)
	case len(parts) <= 1:
		return &Expression{Text: text, Literal: true, Pos: n.pos}
	}
	pieces := make([]string, len(parts))
	for i, p := range parts {
		pieces[i] = textLiteral(p.text)
		if p.expression {
			pieces[i] = "string((" + r.translated(n, &Expression{Text: p.text, Pos: n.pos}, language).Text + `) ?? "")`
		}
	}
	return &Expression{Text: strings.Join(pieces, " + "), Language: "expr", Pos: n.pos}
}
