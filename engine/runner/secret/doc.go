// Package secret keeps values that nobody but their receiver may read: in everything that Sonata stores, logs and shows, a sealed text
// stands in their place, encrypted with AES-256-GCM.
//
// A sealed text says by its mark what it is, and by the id of the key with which key it can be opened:
//
//	ENCRYPTED:3f2a91c0:<nonce and ciphertext in Base64>;
//
// It may stand within a longer text. Whoever shows values to people calls [Mask]; the runner alone calls [Keys.Open], on what it is about to
// publish for the receiver. The mark is the one of ONAP's ACM, which also encrypts what its templates call sensitive.
package secret
