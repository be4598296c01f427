// What a transfer asks: path and header fields, written anew for each call into memory that stays.
//
// libcurl 7.88 prints each byte of a header field by some hundred instructions, together a fifth of the gateway's own
// work; the request target it copies in one piece. So for HTTP/1.1 the fields are written here, behind the target and its
// version, and libcurl gets all of it for a target. Behind a target it prints ` HTTP/1.1` and the end of the line: that
// becomes the value of a last field. HTTP/2 has no such line; there libcurl gets a list of fields.

internal import CCurl
internal import Pipeline

/// The head of one request at a time. Values are checked: none can end its line.
final class CallHead {
    /// How libcurl gets it.
    enum Form {
        /// As a request target. The text holds the target's end, `Host` and the fields that never change; the list keeps
        /// libcurl from sending such fields of its own.
        case onePiece([UInt8], instead: FixedFields)
        /// As target and list of fields, the last of which never change.
        case fields(FixedFields)
    }

    private static let mostFields = 10
    /// Bytes besides those that never change: at most, and of a head in one piece to begin with. Each transfer holds a head.
    private static let room = 8192
    private static let usualRoom = 1024
    /// Takes ` HTTP/1.1`, which is true of it.
    private static let last: StaticString = "X-Gateway-Hop:"
    private let form: Form
    private let mostCapacity: Int
    private var capacity: Int
    private var text: UnsafeMutablePointer<UInt8>
    private let nodes: UnsafeMutablePointer<curl_slist>
    private var used = 0
    /// Where the field that is being written begins.
    private var beginning = 0
    private var count = 0
    private var isSound = true

    init(_ form: Form) {
        self.form = form
        mostCapacity = Self.room + form.size
        // The list's nodes point into the text, so then it never moves.
        if case .onePiece = form { capacity = Self.usualRoom + form.size } else { capacity = mostCapacity }
        text = .allocate(capacity: capacity)
        nodes = .allocate(capacity: Self.mostFields)
    }

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// Prepares a handle that it will be handed to.
    func prepare(_ easy: borrowing EasyHandle) {
        if case .onePiece(_, let instead) = form { easy.set(CURLOPT_HTTPHEADER, instead.first) }
    }

    /// Starts anew with a percent-encoded path.
    func begin(_ path: String) {
        used = 0
        count = 0
        isSound = true
        append(path, least: 0x21)
        switch form {
        case .onePiece(let unchanging, _): unchanging.withUnsafeBufferPointer { append($0) }
        case .fields: append(0)
        }
    }

    /// Adds one field; `name` has its colon and space.
    func add(_ name: StaticString, _ value: String) {
        start(name)
        append(value, least: 0x20)
        finish()
    }

    /// Adds a field whose value is a number, not negative.
    func add(_ name: StaticString, _ number: Int64) {
        start(name)
        guard makeRoom(DecimalDigits.longest) else { return }
        used += DecimalDigits.write(UInt64(max(0, number)), to: text + used)
        finish()
    }

    /// Adds `traceparent` (W3C Trace Context, section 3.2) for a call whose span is `span`.
    func add(_ trace: Trace, span: UInt64) {
        start("traceparent: 00-")
        append(trace.id, least: 0x20)
        append("-")
        guard makeRoom(16) else { return }
        Hex.write(span, to: text + used)
        used += 16
        append(trace.isSampled ? "-01" : "-00")
        finish()
        if !trace.state.isEmpty { add("tracestate: ", trace.state) }
    }

    /// What libcurl is to get, good until the next `begin`: the target, which ends with a zero, and the list of fields, if
    /// it changes from call to call. To be called once a call.
    /// - Throws: `internalError` if a value could not be sent: libcurl sends control characters as they are.
    func finished() throws(Failure) -> (target: UnsafePointer<UInt8>, fields: UnsafeMutablePointer<curl_slist>?) {
        if case .onePiece = form {
            append(Self.last)
            append(0)
        }
        guard isSound else {
            throw Failure(
                .internalError, .gateway, "What an upstream is to be asked is too long or holds a control character.")
        }
        guard case .fields(let fixed) = form else { return (UnsafePointer(text), nil) }
        guard count > 0 else { return (UnsafePointer(text), fixed.first) }
        nodes[count - 1].next = fixed.first
        return (UnsafePointer(text), nodes)
    }

    /// Gives it to libcurl.
    /// - Throws: as `finished`.
    func hand(to easy: borrowing EasyHandle) throws(Failure) {
        let (target, fields) = try finished()
        // Of the target libcurl keeps a copy.
        easy.set(CURLOPT_REQUEST_TARGET, target)
        if let fields { easy.set(CURLOPT_HTTPHEADER, fields) }
    }

    private func start(_ name: StaticString) {
        beginning = used
        append(name)
    }

    /// Ends a field.
    private func finish() {
        if case .onePiece = form { return append("\r\n") }
        append(0)
        guard isSound, count < Self.mostFields else { return isSound = false }
        (text + beginning).withMemoryRebound(to: CChar.self, capacity: used - beginning) { line in
            (nodes + count).initialize(to: curl_slist(data: line, next: nodes + count + 1))
        }
        count += 1
    }

    /// Appends a text in which no byte may be below `least`, or DEL.
    private func append(_ piece: String, least: UInt8) {
        piece.withBytes { bytes in
            append(bytes)
            if Self.holds(bytes, below: least) { isSound = false }
        }
    }

    /// Without a branch for each byte, so that the compiler takes sixteen at a time: every field of every call passes here.
    private static func holds(_ bytes: UnsafeBufferPointer<UInt8>, below least: UInt8) -> Bool {
        var strange: UInt8 = 0
        for byte in bytes { strange |= (byte < least ? 1 : 0) | (byte == 0x7f ? 1 : 0) }
        return strange != 0
    }

    private func append(_ piece: StaticString) {
        append(UnsafeBufferPointer(start: piece.utf8Start, count: piece.utf8CodeUnitCount))
    }

    private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard makeRoom(bytes.count), let source = bytes.baseAddress else { return }
        (text + used).update(from: source, count: bytes.count)
        used += bytes.count
    }

    private func append(_ byte: UInt8) {
        guard makeRoom(1) else { return }
        text[used] = byte
        used += 1
    }

    private func makeRoom(_ count: Int) -> Bool {
        if used + count > capacity { grow(to: used + count) }
        return isSound
    }

    private func grow(to needed: Int) {
        guard needed <= mostCapacity, capacity < mostCapacity else { return isSound = false }
        let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: mostCapacity)
        wider.update(from: text, count: used)
        text.deallocate()
        (text, capacity) = (wider, mostCapacity)
    }
}

extension CallHead.Form {
    fileprivate var size: Int {
        switch self {
        case .onePiece(let unchanging, _): unchanging.count
        case .fields: 0
        }
    }
}
