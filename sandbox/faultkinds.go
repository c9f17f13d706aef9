package sandbox

// FaultKind names a bad day.
type FaultKind string

// The faults. Those of lists work on every list unless they speak of accounts, those of accounts on GET
// /accounts, those of tasks on every operation that answers with a task id.
const (
	// FaultStatus answers Fault.Status (500 when 0) instead of working, with Fault.RetryAfter if given.
	// 429 has its documented body; Fault.Body replaces any body, BodyNone leaves it out. With a status of 200
	// and a body such as null or {} it is an answer that says nothing.
	FaultStatus FaultKind = "status"
	// FaultStatusAfter does the work and answers as FaultStatus does; what is refused anyway keeps its refusal.
	FaultStatusAfter FaultKind = "status-after"
	// FaultRedirect answers Fault.Status (302 when 0) with the Location /login, a sign-in page that answers 200.
	FaultRedirect FaultKind = "redirect"
	// FaultHTML answers Fault.Status (200 when 0) with a sign-in page, or Fault.Body, as text/html; no work is done.
	FaultHTML FaultKind = "html"
	// FaultThrottled refuses the request as the rate limit would, with the wait of the climbing tiers
	// (see Rate.Tiers) whatever the rate is: it counts as a violation, and coming early climbs.
	FaultThrottled FaultKind = "throttled"
	// FaultLostBefore cuts the connection before any work is done.
	FaultLostBefore FaultKind = "lost-before"
	// FaultLostAfter does the work and cuts the connection instead of answering.
	FaultLostAfter FaultKind = "lost-after"
	// FaultHangBefore neither works nor answers, until the client gives up.
	FaultHangBefore FaultKind = "hang-before"
	// FaultHang works, sends status and headers, and then nothing until the client gives up.
	FaultHang FaultKind = "hang"
	// FaultHangMiddle works, sends half of the body, and then nothing until the client gives up.
	FaultHangMiddle FaultKind = "hang-middle"
	// FaultEndless works and sends a body that never ends: all of it but its last byte, then blanks, one every
	// Fault.Delay, or as fast as they are read when 0.
	FaultEndless FaultKind = "endless"
	// FaultCutBody announces the whole answer in Content-Length and sends half of it.
	FaultCutBody FaultKind = "cut-body"
	// FaultCutGzip sends the first half of the compressed answer as if it were all.
	FaultCutGzip FaultKind = "cut-gzip"
	// FaultNestedGzip compresses the answer twice and says so once.
	FaultNestedGzip FaultKind = "nested-gzip"
	// FaultGzipBomb answers 200 with a small body that unpacks to Fault.Rows MiB (1024 when 0); no work is done.
	FaultGzipBomb FaultKind = "gzip-bomb"
	// FaultEncoding says that the answer has the Content-Encoding Fault.Encoding (UTF-8 when empty) and sends it as
	// it is. With Fault.Status it answers that status instead of working.
	FaultEncoding FaultKind = "encoding"
	// FaultBOM puts a byte order mark before the answer.
	FaultBOM FaultKind = "bom"
	// FaultDateAhead dates the answer Fault.Delay ahead of now, or behind when negative.
	FaultDateAhead FaultKind = "date-ahead"
	// FaultSlow works and answers Fault.Delay later.
	FaultSlow FaultKind = "slow"
	// FaultExpireToken ends the life of the token that the request carries, and answers 401.
	FaultExpireToken FaultKind = "expire-token"

	// FaultFiltersDropped ignores filters, so that rows come that nobody asked for.
	FaultFiltersDropped FaultKind = "filters-dropped"
	// FaultSamePage ignores offset: the first page comes for all; the total is right.
	FaultSamePage FaultKind = "same-page"
	// FaultEmptyList answers [], with a total of 0 where one is asked for.
	FaultEmptyList FaultKind = "empty-list"
	// FaultEmptyListNoTotal answers [] without X-Total-Count.
	FaultEmptyListNoTotal FaultKind = "empty-list-no-total"
	// FaultOutOfOrder gives the rows of a page of accounts from the last to the first.
	FaultOutOfOrder FaultKind = "out-of-order"
	// FaultShortList lists the first Fault.Rows accounts (1 when 0) only, with a total that agrees.
	FaultShortList FaultKind = "short-list"
	// FaultShortPage leaves Fault.Rows rows (4 when 0) off the end of a page; the total stays right.
	FaultShortPage FaultKind = "short-page"
	// FaultRepeatRow gives the page's first row again in place of its last.
	FaultRepeatRow FaultKind = "repeat-row"
	// FaultWrongTotal adds Fault.Rows (1 when 0) to X-Total-Count, or sends Fault.Total as it stands.
	FaultWrongTotal FaultKind = "wrong-total"
	// FaultShiftRemove removes the first Fault.Rows accounts (1 when 0) of the source before the page is
	// taken, so that rows move towards the start between two pages.
	FaultShiftRemove FaultKind = "shift-remove"
	// FaultShiftAdd adds Fault.Rows accounts (1 when 0) that sort first, so that rows move towards the end.
	FaultShiftAdd FaultKind = "shift-add"
	// FaultStaleLook shows the accounts as they were Fault.Delay ago, or, without one, before the last
	// Fault.Rows changes (1 when 0): a replica that lags. It works on GET /accounts and GET /accounts/{id}.
	FaultStaleLook FaultKind = "stale-look"

	// FaultTaskFails ends the task with Fault.CompletionStatus (ERROR when empty) and Fault.Messages; nothing changes.
	FaultTaskFails FaultKind = "task-fails"
	// FaultTaskNeverEnds leaves completionStatus null for ever; nothing changes.
	FaultTaskNeverEnds FaultKind = "task-never-ends"
	// FaultTaskSlow lets the task take Fault.Delay longer.
	FaultTaskSlow FaultKind = "task-slow"
	// FaultTaskUnknown lets the task's id answer 404 for Fault.Delay (for ever when 0); the work is done in time.
	FaultTaskUnknown FaultKind = "task-unknown"
	// FaultVanish answers 202, ends the task with SUCCESS and changes nothing.
	FaultVanish FaultKind = "vanish"
	// FaultDiscard answers 202 with the id of a task that nobody knows, ever, and changes nothing.
	FaultDiscard FaultKind = "discard"
	// FaultCarriedLost does a PUT but sets the attributes Fault.Attributes to null; without a list all those
	// that the PUT sends as the account has them, the identityAttribute left out.
	FaultCarriedLost FaultKind = "carried-lost"
	// FaultForeignTask answers a question for task statuses with ids that nobody asked for.
	FaultForeignTask FaultKind = "foreign-task"
)

var faultKinds = []FaultKind{FaultStatus, FaultStatusAfter, FaultRedirect, FaultHTML, FaultThrottled, FaultLostBefore,
	FaultLostAfter, FaultHangBefore, FaultHang, FaultHangMiddle, FaultEndless, FaultCutBody, FaultCutGzip, FaultNestedGzip,
	FaultGzipBomb, FaultEncoding, FaultBOM, FaultDateAhead, FaultSlow, FaultExpireToken, FaultFiltersDropped, FaultSamePage,
	FaultEmptyList, FaultEmptyListNoTotal, FaultOutOfOrder, FaultShortList, FaultShortPage, FaultRepeatRow, FaultWrongTotal,
	FaultShiftRemove, FaultShiftAdd, FaultStaleLook, FaultTaskFails, FaultTaskNeverEnds, FaultTaskSlow, FaultTaskUnknown,
	FaultVanish, FaultDiscard, FaultCarriedLost, FaultForeignTask}
