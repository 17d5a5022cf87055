//go:build !linux

package main

// forgetProgram does nothing: other systems have other ways.
func forgetProgram() {}
