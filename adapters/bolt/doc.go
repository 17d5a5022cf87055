// Package bolt is the durable [runner.Store]: one file, written by go.etcd.io/bbolt. Each table is a bucket.
package bolt
