package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

// pictureElements are the elements a picture is made of.
var pictureElements = []string{"svg", "g", "path", "text", "circle", "rect", "line", "polyline", "polygon"}

// pagePicture makes a picture of a drawing library part of the page: what it
// says in style attributes, which the page's policy forbids, becomes attributes
// of its own, and each ink becomes a colour of the page.
func pagePicture(svg []byte, inks map[string]string) (template.HTML, error) {
	var out strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return template.HTML(out.String()), nil
		}
		if err != nil {
			return "", fmt.Errorf("the picture cannot be read: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !slices.Contains(pictureElements, t.Name.Local) {
				return "", fmt.Errorf("the picture holds an element %q, which the page does not know", t.Name.Local)
			}
			writeElement(&out, t, inks)
		case xml.EndElement:
			out.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			xml.EscapeText(&out, t)
		}
	}
}

func writeElement(out *strings.Builder, e xml.StartElement, inks map[string]string) {
	out.WriteString("<" + e.Name.Local)
	if e.Name.Local == "svg" {
		out.WriteString(` aria-hidden="true" focusable="false"`)
	}
	for _, a := range e.Attr {
		switch {
		case a.Name.Local == "style":
			writeStyle(out, a.Value, inks)
		case a.Name.Space == "" && a.Name.Local != "xmlns":
			writeAttribute(out, a.Name.Local, strings.ReplaceAll(a.Value, "\n", " "))
		}
	}
	out.WriteString(">")
}

// writeStyle writes each property of a style as an attribute; the font is the page's.
func writeStyle(out *strings.Builder, style string, inks map[string]string) {
	for property := range strings.SplitSeq(style, ";") {
		name, value, ok := strings.Cut(property, ":")
		if !ok || name == "font-family" {
			continue
		}
		if ink, known := inks[value]; known {
			value = ink
		}
		writeAttribute(out, name, value)
	}
}

func writeAttribute(out *strings.Builder, name, value string) {
	out.WriteString(" " + name + `="`)
	xml.EscapeText(out, []byte(value))
	out.WriteString(`"`)
}
