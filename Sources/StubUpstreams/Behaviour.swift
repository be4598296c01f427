// A rule's actions added up: one value for each thing that can be different about a reply.

import NIOCore

/// What is different about a reply. As made without actions: nothing.
struct Behaviour: Sendable {
    enum Content: Sendable {
        /// The record, or the error that the status calls for.
        case own
        case text(String)
        case garbage(Int)
        case page
        case raw([UInt8])
    }

    enum Framing: Sendable {
        case right
        case chunked(Action.ChunkFault?)
        case length(Action.LengthFault)
    }

    enum Ending: Sendable {
        case hang(Action.Point)
        case reset(Action.Point)
        case close(Action.Point)

        var point: Action.Point {
            switch self {
            case .hang(let point), .reset(let point), .close(let point): point
            }
        }
    }

    var delay: Action.Delay?
    var gate: Gate?
    var drip: (bytes: Int, every: Duration)?
    var status: Int?
    var fields: [StubUpstreams.Field] = []
    var content = Content.own
    var changes: [RecordChange] = []
    var hasInvalidUTF8 = false
    /// The body's least size in bytes.
    var size = 0
    var compression: Action.Compression?
    var framing = Framing.right
    /// Bytes of additional header fields.
    var hugeHeaders = 0
    var informational = 0
    var endless: Action.Endless?
    var secondReply: Duration?
    var ending: Ending?

    init(_ actions: [Action] = []) {
        for action in actions { add(action) }
    }

    private mutating func add(_ action: Action) {
        switch action {
        case .delay(let delay): self.delay = delay
        case .hold(let gate): self.gate = gate
        case .drip(let bytes, let every): drip = (max(1, bytes), every)
        case .status(let status): self.status = status
        case .fields(let fields): self.fields += fields
        case .body(let text): content = .text(text)
        case .garbage(let bytes): content = .garbage(bytes)
        case .notJSON: content = .page
        case .raw(let bytes): content = .raw(bytes)
        case .redirect(let url):
            status = 302
            fields.append(.init("Location", url))
        case .change(let change): changes.append(change)
        case .invalidUTF8: hasInvalidUTF8 = true
        case .oversized(let bytes): size = bytes
        case .compressed(let compression): self.compression = compression
        case .chunked(let fault): framing = .chunked(fault)
        case .contentLength(let fault): framing = .length(fault)
        case .hugeHeaders(let bytes): hugeHeaders = bytes
        case .informational(let count): informational = count
        case .endless(let endless): self.endless = endless
        case .secondReply(let delay): secondReply = delay
        case .hang(let bytes): ending = .hang(bytes.map(Action.Point.body) ?? .headers)
        case .reset(let point): ending = .reset(point)
        case .close(let point): ending = .close(point)
        case .resetAtAccept: break  // Decided before there is a reply, see `RuleBook`.
        }
    }
}
