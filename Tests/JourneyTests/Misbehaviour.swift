// The table: what an upstream can do wrong, and what a client then gets, by the contract's section 3.

import StubUpstreams

/// One way to answer wrongly, or strangely but rightly.
struct Misbehaviour: Sendable {
    /// What the client gets.
    enum Outcome: Sendable {
        /// 200, and whole.
        case whole
        /// One of these errors in `Proxy-Status`, with the status that goes with it.
        case error([String])
        /// 502 that tells the upstream's status, and no error.
        case received(Int)
        /// 503 that says when to ask again.
        case busy(retryAfter: String)
        /// 404 `Conversation not found`.
        case unknown
    }

    /// The status that goes with an error.
    static func status(of error: String) -> Int { error == "connection_read_timeout" ? 504 : 502 }

    let name: String
    let actions: [Action]
    let outcome: Outcome

    init(_ name: String, _ outcome: Outcome, _ actions: Action...) {
        self.name = name
        self.actions = actions
        self.outcome = outcome
    }

    private static let late = Outcome.error(["connection_read_timeout"])
    private static let gone = Outcome.error(["connection_terminated"])
    private static let cut = Outcome.error(["http_response_incomplete"])
    private static let wrong = Outcome.error(["http_protocol_error"])
    private static let large = Outcome.error(["http_response_body_size"])
    /// Whichever comes first, the attempt's end or the end of patience.
    private static let endless = Outcome.error(["http_protocol_error", "connection_read_timeout"])
    /// A reset may overtake the bytes sent before it.
    private static let reset = Outcome.error(["http_response_incomplete", "connection_terminated"])

    /// All that can happen to `part`, with an attempt timeout of a second and bodies of 16 KiB at most.
    static func all(of part: Part) -> [Misbehaviour] {
        times + endings + framings + contents + statuses + records(of: part)
    }

    static let times = [
        Misbehaviour("says nothing", late, .hang(after: nil)),
        Misbehaviour("stops after the headers", late, .hang(after: 0)),
        Misbehaviour("stops in the body", late, .hang(after: 10)),
        Misbehaviour("is later than the attempt's time", late, .delay(.fixed(.seconds(2)))),
        Misbehaviour("drips slower than the attempt's time", late, .drip(bytes: 1, every: .milliseconds(200))),
        Misbehaviour("never ends its headers", endless, .endless(.headers)),
        Misbehaviour("is a little late", .whole, .delay(.spread(.milliseconds(1), .milliseconds(5)))),
    ]

    static let endings = [
        Misbehaviour("resets before any byte", gone, .reset(.headers)),
        Misbehaviour("resets after the headers", reset, .reset(.body(0))),
        Misbehaviour("resets in the body", reset, .reset(.body(10))),
        Misbehaviour("resets after its reply", .whole, .reset(.reply)),
        Misbehaviour("closes before any byte", gone, .close(.headers)),
        Misbehaviour("closes after the headers", cut, .close(.body(0))),
        Misbehaviour("closes in the body", cut, .close(.body(10))),
        Misbehaviour("closes after its reply", .whole, .close(.reply)),
    ]

    static let framings = [
        Misbehaviour("promises more than it sends", cut, .contentLength(.more(10))),
        Misbehaviour("sends more than it promised", wrong, .contentLength(.fewer(10))),
        Misbehaviour("ends its body with the connection", .whole, .contentLength(.none)),
        Misbehaviour("sends chunks", .whole, .chunked(nil)),
        Misbehaviour("sends a chunk size that is no number", wrong, .chunked(.notHex)),
        Misbehaviour("sends a negative chunk size", wrong, .chunked(.negative)),
        Misbehaviour("sends an overflowing chunk size", wrong, .chunked(.overflow)),
        Misbehaviour("sends a chunk size that is too small", wrong, .chunked(.tooSmall)),
        Misbehaviour("sends no last chunk", cut, .chunked(.noEnd)),
        Misbehaviour("sends many header bytes", .whole, .hugeHeaders(bytes: 20_000)),
        Misbehaviour("sends too many header bytes", wrong, .hugeHeaders(bytes: 70_000)),
        Misbehaviour("sends interim responses", .whole, .informational(10)),
        Misbehaviour("sends too many interim responses", wrong, .informational(11)),
        Misbehaviour("sends interim responses for ever", wrong, .endless(.informational)),
        Misbehaviour("speaks no HTTP", wrong, .raw(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))),
        Misbehaviour("speaks HTTP/0.9", wrong, .raw(Array("<html>\(Fixtures.leak)</html>".utf8))),
        Misbehaviour("sends a status that is none", wrong, .raw(Array("HTTP/1.1 abc Java\r\n\r\n".utf8))),
    ]

    static let contents = [
        Misbehaviour("sends garbage", wrong, .garbage(bytes: 300)),
        Misbehaviour("sends a page", wrong, .notJSON),
        Misbehaviour("sends invalid UTF-8", wrong, .invalidUTF8),
        Misbehaviour("sends nothing", wrong, .body("")),
        Misbehaviour("sends half an object", wrong, .body("{\"id\":")),
        Misbehaviour("sends two objects", wrong, .body("{} {}")),
        Misbehaviour("sends an empty object", wrong, .body("{}")),
        Misbehaviour("sends a number", wrong, .body("42")),
        Misbehaviour("sends null", wrong, .body("null")),
        Misbehaviour("sends a list of numbers", wrong, .body("[1, 2]")),
        Misbehaviour("sends a list of no list", wrong, .body("{\"data\":{}}")),
        Misbehaviour("sends a byte order mark", wrong, .body("\u{feff}{}")),
        Misbehaviour("sends a lone surrogate", wrong, .body("{\"id\":\"\\ud800\"}")),
        Misbehaviour("sends as much as it may", .whole, .oversized(bytes: 16_384)),
        Misbehaviour("sends too much", large, .oversized(bytes: 16_385)),
        Misbehaviour("sends too much in chunks", large, .oversized(bytes: 40_000), .chunked(nil)),
        Misbehaviour("never ends its body", large, .endless(.body)),
        Misbehaviour("compresses", wrong, .compressed(.gzip)),
        // Nothing is decoded, and nobody asked for it: the label alone is wrong.
        Misbehaviour("says that it compressed, and did not", wrong, .compressed(.lying)),
    ]

    static let statuses =
        [201, 204, 301, 304, 400, 401, 403, 409, 410, 422, 500, 501, 502, 503, 504, 599].map { status in
            Misbehaviour("answers \(status)", .received(status), .status(status))
        } + [
            Misbehaviour("redirects", .received(302), .redirect("http://127.0.0.1/contacts/redirected")),
            Misbehaviour("throttles", .busy(retryAfter: "1"), .status(429)),
            Misbehaviour(
                "throttles for a while", .busy(retryAfter: "7"), .status(429), .fields([.init("Retry-After", "7")])),
        ]

    /// What can be wrong with a record though it is JSON.
    static func records(of part: Part) -> [Misbehaviour] {
        [
            Misbehaviour("lacks a member", wrong, .change(.without(part.required))),
            Misbehaviour("has null for a member that must not be", wrong, .change(.nullify(part.required))),
            Misbehaviour("has a member of another type", wrong, .change(.mistype(part.required))),
            Misbehaviour("has a member twice", wrong, .change(.duplicate(part.required))),
            Misbehaviour("has deeply nested arrays", wrong, .change(.nested(200))),
            Misbehaviour("has nested arrays", .whole, .change(.nested(60))),
            Misbehaviour("has a malformed number", wrong, .change(.set("extra", to: "01"))),
            Misbehaviour(
                "names another tenant", part.isRoot ? .unknown : wrong,
                .change(.set("tenantId", to: "\"\(Fixtures.tenantB)\""))),
            // What belongs to other conversations is left out of a list.
            Misbehaviour("names another conversation", part.isRoot ? wrong : .whole, .change(.wrongConversation)),
            // A contact or an account that is gone is null. Any other record that is gone makes the conversation unknown.
            Misbehaviour("answers 404", part.service == .crm ? .whole : .unknown, .status(404)),
        ] + (part.isList ? [Misbehaviour("sends a bare array", .whole, .change(.bareArray))] : [])
    }
}
