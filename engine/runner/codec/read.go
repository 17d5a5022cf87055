package codec

import (
	"reflect"
)

func readAny(d *decoder, v reflect.Value) error {
	value, err := d.value(true)
	if err == nil && value != nil {
		v.Set(reflect.ValueOf(value))
	}
	return err
}

func readString(d *decoder, v reflect.Value) error {
	tag, err := d.tag()
	if err != nil {
		return err
	}
	text, err := d.textOf(tag)
	v.SetString(text)
	return err
}

func readBool(d *decoder, v reflect.Value) error {
	tag, err := d.tag()
	if err != nil {
		return err
	}
	if tag != tagTrue && tag != tagFalse {
		return d.mismatch(tag, "a boolean")
	}
	v.SetBool(tag == tagTrue)
	return nil
}

func readInt(d *decoder, v reflect.Value) error {
	tag, err := d.tag()
	if err != nil {
		return err
	}
	n, ok, err := d.intOf(tag)
	switch {
	case err != nil:
		return err
	case !ok || v.OverflowInt(n):
		return d.mismatch(tag, "a number")
	}
	v.SetInt(n)
	return nil
}

func readFloat(d *decoder, v reflect.Value) error {
	tag, err := d.tag()
	if err != nil {
		return err
	}
	if tag != tagFloat {
		return d.mismatch(tag, "a number with a fraction")
	}
	f, err := d.float()
	v.SetFloat(f)
	return err
}

func readBytes(d *decoder, v reflect.Value) error {
	if d.isNil() {
		return nil
	}
	tag, err := d.tag()
	if err != nil {
		return err
	}
	if tag != tagBytes {
		return d.mismatch(tag, "bytes")
	}
	b, err := d.sized()
	v.SetBytes(append([]byte{}, b...))
	return err
}

func readTime(d *decoder, v reflect.Value) error {
	tag, err := d.tag()
	if err != nil {
		return err
	}
	if tag != tagTime {
		return d.mismatch(tag, "a time")
	}
	at, err := d.time()
	v.Set(reflect.ValueOf(at))
	return err
}
