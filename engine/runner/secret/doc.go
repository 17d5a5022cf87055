// Package secret keeps values that nobody but their receiver may read: in everything that Sonata stores, logs and shows, a sealed text
// stands in their place, encrypted with AES-256-GCM.
//
// A sealed text says by its mark what it is, and by the id of the key with which key it can be opened:
//
//	ENCRYPTED:3f2a91c0:<nonce and ciphertext in Base64>;
//
// Only Sonata makes them: whatever takes something in from outside refuses one ([In], [SealedIn]), and whatever lets something out masks it ([Mask]). The
// runner alone opens them ([Keys.Open]), in the field of a message that its diagram names. The mark is the one of ONAP's ACM, which also encrypts what
// its templates call sensitive.
package secret
