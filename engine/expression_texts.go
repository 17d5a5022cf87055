package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

func textArg(function string, value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	return "", errorf("%s needs a text, not %s", function, kindOf(value))
}

// textArgs checks that all arguments are texts.
func textArgs(function string, args []any) ([]string, error) {
	texts := make([]string, len(args))
	for i, arg := range args {
		text, err := textArg(function, arg)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

// onText makes a function of texts only, whose result is bounded.
func onTexts(function string, body func(texts []string) (string, error)) functionBody {
	return func(_ *evaluation, args []any) (any, error) {
		texts, err := textArgs(function, args)
		if err != nil {
			return nil, err
		}
		result, err := body(texts)
		if err == nil && len(result) > max(maxText, len(texts[0])) {
			err = tooLong(function)
		}
		return result, err
	}
}

// nameUUID makes the UUID of a name (RFC 9562, section 5.5, with the namespace of URLs): the same name always gives the same.
func nameUUID(_ *evaluation, args []any) (any, error) {
	name, err := textArg("uuid", args[0])
	if err != nil {
		return nil, err
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String(), nil
}

var (
	upper = onTexts("upper", func(t []string) (string, error) { return strings.ToUpper(t[0]), nil })
	lower = onTexts("lower", func(t []string) (string, error) { return strings.ToLower(t[0]), nil })
	trim  = onTexts("trim", func(t []string) (string, error) {
		if len(t) == 2 {
			return strings.Trim(t[0], t[1]), nil
		}
		return strings.TrimSpace(t[0]), nil
	})
	replace = onTexts("replace", func(t []string) (string, error) {
		if growth := len(t[2]) - len(t[1]); growth > 0 && len(t[0])+strings.Count(t[0], t[1])*growth > maxText {
			return "", tooLong("replace")
		}
		return strings.ReplaceAll(t[0], t[1], t[2]), nil
	})
	toBase64 = onTexts("toBase64", func(t []string) (string, error) {
		if base64.StdEncoding.EncodedLen(len(t[0])) > maxText {
			return "", tooLong("toBase64")
		}
		return base64.StdEncoding.EncodeToString([]byte(t[0])), nil
	})
	fromBase64 = onTexts("fromBase64", func(t []string) (string, error) {
		decoded, err := base64.StdEncoding.DecodeString(t[0])
		if err != nil || !utf8.Valid(decoded) {
			return "", errorf("the text is not the Base64 form of a text")
		}
		return string(decoded), nil
	})
)

func split(_ *evaluation, args []any) (any, error) {
	texts, err := textArgs("split", args)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(texts[0], texts[1], maxList+1)
	if len(parts) > maxList {
		return nil, errorf("split would make a list of more than %d elements", maxList)
	}
	return anys(parts), nil
}

func join(_ *evaluation, args []any) (any, error) {
	list, err := listArg("join", args[0])
	if err != nil {
		return nil, err
	}
	texts, err := textArgs("join", list)
	if err != nil {
		return nil, err
	}
	separator := ""
	if len(args) == 2 {
		if separator, err = textArg("join", args[1]); err != nil {
			return nil, err
		}
	}
	size := len(separator) * len(texts)
	for _, text := range texts {
		size += len(text)
	}
	if size > maxText {
		return nil, tooLong("join")
	}
	return strings.Join(texts, separator), nil
}

func repeat(_ *evaluation, args []any) (any, error) {
	text, err := textArg("repeat", args[0])
	if err != nil {
		return nil, err
	}
	n, ok := integer(args[1])
	switch {
	case !ok || n < 0:
		return nil, errorf("repeat needs a whole number that is not negative")
	case text == "" || n == 0:
		return "", nil
	case n > int64(maxText/len(text)):
		return nil, tooLong("repeat")
	}
	return strings.Repeat(text, int(n)), nil
}

// includes says whether a text has a part, or a list an element. Nothing includes nothing.
func includes(r *evaluation, args []any) (any, error) {
	switch container := args[0].(type) {
	case nil:
		return false, nil
	case string:
		if args[1] == nil {
			return false, nil
		}
		part, err := textArg("includes", args[1])
		return err == nil && strings.Contains(container, part), err
	case []any:
		return isIn(r, []any{args[1], container})
	}
	return nil, errorf("includes needs a text or a list, not %s", kindOf(args[0]))
}

func hasPrefix(_ *evaluation, args []any) (any, error) {
	return affix("hasPrefix", args, strings.HasPrefix)
}
func hasSuffix(_ *evaluation, args []any) (any, error) {
	return affix("hasSuffix", args, strings.HasSuffix)
}

func affix(function string, args []any, has func(text, affix string) bool) (any, error) {
	if args[0] == nil || args[1] == nil {
		return false, nil
	}
	texts, err := textArgs(function, args)
	if err != nil {
		return nil, err
	}
	return has(texts[0], texts[1]), nil
}

// toText writes a scalar as text, and a list or an object as JSON.
func toText(r *evaluation, args []any) (any, error) {
	switch v := args[0].(type) {
	case nil:
		return nil, errorf(`string needs a value, not null; write string(x ?? "")`)
	case string:
		return v, nil
	}
	value, _, err := normalizeUpTo(args[0], maxText)
	if text, ok := value.(string); ok && err == nil {
		return text, nil
	}
	return toJSON(r, args)
}

// toJSON writes a value as JSON; keys are sorted.
func toJSON(_ *evaluation, args []any) (any, error) {
	value, _, err := normalizeUpTo(args[0], maxText)
	if err != nil {
		return nil, evalError(err.Error())
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil || b.Len() > maxText {
		return nil, tooLong("toJSON")
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func fromJSON(r *evaluation, args []any) (any, error) {
	text, err := textArg("fromJSON", args[0])
	if err != nil {
		return nil, err
	}
	if len(text) > maxText {
		return nil, errorf("fromJSON reads at most %d bytes", maxText)
	}
	if err := r.charge(len(text)); err != nil {
		return nil, err
	}
	value, err := DecodeJSON([]byte(text))
	if err != nil {
		return nil, evalError(err.Error())
	}
	return value, nil
}

func toNumber(_ *evaluation, args []any) (any, error) {
	switch v := args[0].(type) {
	case int, int64, float64:
		return v, nil
	case string:
		if n, err := DecodeJSON([]byte(v)); err == nil && kindOf(n) == "a number" {
			return n, nil
		}
		return nil, errorf("the text is not a number")
	}
	return nil, errorf("%s is not a number", kindOf(args[0]))
}

// toInt cuts off a fraction.
func toInt(r *evaluation, args []any) (any, error) {
	value, err := toNumber(r, args)
	if err != nil {
		return nil, err
	}
	if f, ok := value.(float64); ok {
		value = math.Trunc(f)
	}
	n, ok := integer(value)
	if !ok {
		return nil, errTooLarge
	}
	return n, nil
}

func toFloat(r *evaluation, args []any) (any, error) {
	value, err := toNumber(r, args)
	if err != nil {
		return nil, err
	}
	f, _ := float(value)
	return f, nil
}

func date(_ *evaluation, args []any) (any, error) {
	if t, ok := args[0].(time.Time); ok {
		return t, nil
	}
	text, err := textArg("date", args[0])
	if err != nil {
		return nil, err
	}
	t, err := parseTime(text)
	if err != nil {
		return nil, evalError(err.Error())
	}
	return t, nil
}

// duration reads a duration whose length is fixed: days have 24 hours.
func duration(_ *evaluation, args []any) (any, error) {
	text, err := textArg("duration", args[0])
	if err != nil {
		return nil, err
	}
	p, err := parsePeriod(text)
	switch {
	case err != nil:
		return nil, evalError(err.Error())
	case p.months > 0:
		return nil, errorf("months and years have no fixed length; give a timer the text itself, such as P1M")
	case p.seconds() > math.MaxInt64/1e9-1:
		return nil, errorf("the duration is longer than 292 years")
	}
	return time.Duration(p.days)*24*time.Hour + p.exact, nil
}

func length(r *evaluation, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return int64(utf8.RuneCountInString(v)), r.charge(extent(v))
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	}
	return nil, errorf("len needs a text, a list or an object, not %s", kindOf(args[0]))
}

func typeOf(_ *evaluation, args []any) (any, error) {
	switch args[0].(type) {
	case nil:
		return "nil", nil
	case bool:
		return "bool", nil
	case int, int64:
		return "int", nil
	case float64:
		return "float", nil
	case string:
		return "string", nil
	case []any:
		return "array", nil
	case time.Time:
		return "time", nil
	case time.Duration:
		return "duration", nil
	}
	return "map", nil
}
