// Calls every presence operation of the four documents, and what an application signs its users in with, through the stubs that are generated from them, against a demo
// whose address is the argument. Each succeeds, is refused as its document says, and is refused otherwise as the header
// Prefer asks for.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

const (
	alice  = "@alice:example.com"
	bob    = "@bob:example.com"
	carol  = "@carol:example.com"
	sales  = "@sales:example.com"
	nobody = "@nobody:example.com"

	lobby  = "!lobby:example.com"
	noRoom = "!nobody:example.com"

	// As an argument: the operation has none that could be wrong, but for the token.
	stranger = "stranger"
	// As an argument: the answer is a stream, which does not end, so that its documented example is asked for.
	stream = ""
)

// A client C and what it calls with.
type session[C any] struct {
	api C
	// It carries the token.
	ctx context.Context
}

// An operation with an argument that is right and one that is refused with `refused`; `preferred` is asked for.
type operation[C any] struct {
	name               string
	call               func(by session[C], argument string) answer
	good, bad          string
	refused, preferred int
}

type answer struct {
	response *http.Response
	err      error
}

func of[T any](_ T, response *http.Response, err error) answer {
	return answer{response, err}
}

func empty(response *http.Response, err error) answer {
	return answer{response, err}
}

func check(holds bool, format string, arguments ...any) {
	if !holds {
		fmt.Fprintf(os.Stderr, format+"\n", arguments...)
		os.Exit(1)
	}
}

func pointer[T any](value T) *T { return &value }

// Tries operations. `open` makes a session with a token and a preference, if there is one; `read` tells whether an error
// is typed as the document has it for that status.
func try[C any](open func(token, prefer string) session[C], read func(err error, status int) bool, operations []operation[C]) {
	for _, tried := range operations {
		refused := func(answer answer, status int) {
			check(answer.err != nil && answer.response != nil, "%s is not refused: %v", tried.name, answer.err)
			check(answer.response.StatusCode == status, "%s: %d instead of %d", tried.name, answer.response.StatusCode, status)
			check(read(answer.err, status), "%s: the error of %d cannot be read: %v", tried.name, status, answer.err)
		}
		prefer, token := "", "demo-alice"
		if tried.good == stream {
			prefer = "code=200"
		}
		if tried.bad == stranger {
			token = stranger
		}
		succeeded := tried.call(open("demo-alice", prefer), tried.good)
		check(succeeded.err == nil, "%s: %v", tried.name, succeeded.err)
		refused(tried.call(open(token, ""), tried.bad), tried.refused)
		refused(tried.call(open("demo-alice", fmt.Sprintf("code=%d", tried.preferred)), tried.good), tried.preferred)
		fmt.Printf("%s: %d, %d, %d\n", tried.name, succeeded.response.StatusCode, tried.refused, tried.preferred)
	}
}

func main() {
	base, err := url.Parse(os.Args[1])
	check(err == nil, "%v", err)
	prepare(base.String())
	tryMatrix(base)
	tryPnut(base.String())
	tryRingCentral(base.String())
	tryPresenced(base.String())
}
