// Package draw makes pictures of BPMN diagrams, as SVG and as PNG, without a browser.
//
// [New] turns a diagram (§12, its interchange) and the model that it shows into a [Picture]: for each shape and edge a group of
// paths and lines of text, back to front. [Picture.WriteSVG] writes these down; [Picture.WritePNG] fills them in, with the font that
// text is measured with. The notation is that of the specification (§7, and the figures of §8 to §10), its proportions are those
// of bpmn.io, which the diagrams were drawn in: what a designer sees in the modeler and here is the same.
//
// The same file always gives the same bytes. Names, texts and colours of the file are data: they are escaped or looked up in a list.
package draw
