package sandbox

import (
	"slices"
	"strings"
)

// bindSorters reads sorters: field names separated by commas, - before one for descending. None gives nil.
func bindSorters[T any](text string, fields map[string]func(a, b T) int) (func(a, b T) int, *problem) {
	if text == "" {
		return nil, nil
	}
	var orders []func(a, b T) int
	var seen []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		plain, descending := strings.CutPrefix(name, "-")
		order := fields[plain]
		if order == nil {
			return nil, badRequest("sorters: %q is no field to sort by.", name)
		}
		if slices.Contains(seen, plain) {
			return nil, badRequest("sorters: %q is given twice.", plain)
		}
		seen = append(seen, plain)
		if descending {
			orders = append(orders, func(a, b T) int { return order(b, a) })
		} else {
			orders = append(orders, order)
		}
	}
	return func(a, b T) int {
		for _, order := range orders {
			if outcome := order(a, b); outcome != 0 {
				return outcome
			}
		}
		return 0
	}, nil
}
