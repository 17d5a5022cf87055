package main

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// wording is the text of an error in the words of whoever typed the command: without names of Go's functions and of system calls.
func wording(err error) string {
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		written := " " + strconv.Quote(wrong.GetValue())
		if _, secret := wrong.GetFlag().Value.(*pairs); secret {
			written = ""
		}
		return "--" + wrong.GetFlag().Name + written + " " + valueFault(wrong.GetFlag().Value, wrong.Unwrap())
	}
	text := err.Error()
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		text = strings.Replace(text, at.Error(), at.Path+": "+at.Err.Error(), 1)
	}
	return text
}

// valueFault says what the value of a setting must be.
func valueFault(setting pflag.Value, err error) string {
	switch setting.Type() {
	case "int", "int64":
		if errors.Is(err, strconv.ErrRange) {
			return "is too large or too small"
		}
		return "must be a whole number"
	case "float64":
		return "must be a number"
	case "bool":
		return "must be true or false"
	case "duration":
		return "must be a number with a unit, such as 300ms, 10s or 1h30m"
	}
	return err.Error()
}
