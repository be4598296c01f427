// From what there is for a call, and what its rule says, to the steps of its reply.

import NIOCore

/// Plans one reply. Does no I/O.
struct ReplyPlan {
    private let finding: Directory.Finding
    private let behaviour: Behaviour
    private var chance: Chance
    private var steps: [Step] = []

    /// The steps of a reply that no rule changes.
    static func steps(for finding: Directory.Finding) -> [Step] {
        switch finding {
        case .entry(let entry): [.send(entry.reply), .answered]
        case .healthy: [.send(HTTPText.reply(200, body: health.bytes)), .answered]
        case .refusal(let status): [.send(HTTPText.reply(status, body: HTTPText.errorBody(status).bytes)), .answered]
        }
    }

    /// The steps of a reply that a rule changes.
    static func steps(for finding: Directory.Finding, _ behaviour: Behaviour, _ chance: Chance) -> [Step] {
        var plan = ReplyPlan(finding: finding, behaviour: behaviour, chance: chance)
        plan.compose()
        return plan.steps
    }

    private static let health: JSONValue = ["status": "ok"]
    private static let interim = ByteBuffer(string: "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
    private static let headerLine = ByteBuffer(string: "X-Endless: " + String(repeating: "e", count: 243) + "\r\n")
    private static let page = ByteBuffer(string: "<!doctype html><title>Oops</title><p>\(Fixtures.leak)</p>\n")

    private init(finding: Directory.Finding, behaviour: Behaviour, chance: Chance) {
        self.finding = finding
        self.behaviour = behaviour
        self.chance = chance
    }

    private mutating func compose() {
        if let gate = behaviour.gate { steps.append(.hold(gate)) }
        if let delay = behaviour.delay { steps.append(.pause(drawn(delay))) }
        if case .headers? = behaviour.ending?.point { return end() }
        for _ in 0..<behaviour.informational { steps.send(Self.interim) }
        if case .raw(let bytes) = behaviour.content {
            return deliver(head: ByteBuffer(), [ByteBuffer(bytes: bytes)], closing: true, isWhole: true)
        }
        composeReply()
    }

    private mutating func composeReply() {
        let status = self.status
        var body = self.body(of: status)
        var fields: [StubUpstreams.Field] = []
        if body != nil { fields.append(.init("Content-Type", contentType)) }
        if let compression = behaviour.compression {
            if compression == .gzip { body = body?.compressed }
            fields.append(.init("Content-Encoding", "gzip"))
        }
        if let endless = behaviour.endless { return composeEndless(endless, status, fields, body) }

        var wire = body?.pieces ?? []
        var closing = false
        var isWhole = true
        switch (body, behaviour.framing) {
        case (nil, _): break
        case (let body?, .right): fields.append(.init("Content-Length", String(body.count)))
        case (let body?, .length(.more(let more))):
            fields.append(.init("Content-Length", String(body.count + more)))
            (closing, isWhole) = (true, false)
        case (let body?, .length(.fewer(let fewer))):
            fields.append(.init("Content-Length", String(max(0, body.count - fewer))))
        case (_?, .length(.none)): closing = true
        case (let body?, .chunked(let fault)):
            fields.append(.init("Transfer-Encoding", "chunked"))
            wire = body.chunks(fault)
            if fault == .noEnd { (closing, isWhole) = (true, false) }
        }
        deliver(head: HTTPText.head(status, complete(fields)), wire, closing: closing, isWhole: isWhole)
    }

    /// - Parameters:
    ///   - closing: whether the framing needs the connection's end.
    ///   - isWhole: whether what is sent is a complete reply.
    private mutating func deliver(head: ByteBuffer, _ wire: [ByteBuffer], closing: Bool, isWhole: Bool) {
        var wire = wire
        var isCut = false
        if case .body(let count)? = behaviour.ending?.point {
            wire = wire.cut(after: count)
            isCut = true
        }
        steps.send(head)
        for piece in wire {
            if let drip = behaviour.drip {
                steps.append(.drip(piece, bytes: drip.bytes, every: drip.every))
            } else {
                steps.send(piece)
            }
        }
        if isCut { return end() }
        guard isWhole else { return steps.append(.close) }
        let again = behaviour.secondReply.map { (after: $0, bytes: [head] + wire) }
        if let again, again.after == .zero { again.bytes.forEach { steps.send($0) } }
        steps.append(.answered)
        if let again, again.after > .zero {
            steps.append(.pause(again.after))
            again.bytes.forEach { steps.send($0) }
        }
        if behaviour.ending != nil { end() } else if closing { steps.append(.close) }
    }

    private mutating func end() {
        switch behaviour.ending {
        case .hang: steps.append(.hang)
        case .reset: steps.append(.reset)
        case .close: steps.append(.close)
        case nil: break
        }
    }

    private mutating func composeEndless(
        _ endless: Action.Endless, _ status: Int, _ fields: [StubUpstreams.Field], _ body: ReplyBody?
    ) {
        let pause = Duration.milliseconds(1)
        switch endless {
        case .informational: steps.append(.repeated(Self.interim, every: pause))
        case .headers:
            steps.send(HTTPText.openHead(status, complete(fields)))
            steps.append(.repeated(Self.headerLine, every: pause))
        case .body:
            steps.send(HTTPText.head(status, complete(fields + [.init("Transfer-Encoding", "chunked")])))
            (body?.chunks(.noEnd) ?? []).forEach { steps.send($0) }
            steps.append(.repeated(ReplyBody.chunkOfSpaces, every: pause))
        }
    }

    // MARK: Status, fields, content

    private var status: Int {
        if let status = behaviour.status { return status }
        switch (finding, behaviour.content) {
        case (.refusal(let status), .own): return status
        // A rule that brings the body itself needs no record.
        default: return 200
        }
    }

    private var contentType: String {
        if case .page = behaviour.content { "text/html" } else { "application/json" }
    }

    /// With the rule's fields, which take the place of others of their name.
    private func complete(_ fields: [StubUpstreams.Field]) -> [StubUpstreams.Field] {
        let replaced = Set(behaviour.fields.map { $0.name.lowercased() })
        var all = fields.filter { !replaced.contains($0.name.lowercased()) } + behaviour.fields
        var left = behaviour.hugeHeaders
        while left > 0 {
            all.append(.init("X-Padding-\(all.count)", String(repeating: "p", count: min(left, 4096))))
            left -= 4096
        }
        return all
    }

    /// nil: the status allows none, and none was given.
    private mutating func body(of status: Int) -> ReplyBody? {
        var bytes: ByteBuffer
        switch behaviour.content {
        case .text(let text): bytes = ByteBuffer(string: text)
        case .raw(let raw): bytes = ByteBuffer(bytes: raw)
        case .page: bytes = Self.page
        case .garbage(let count):
            bytes = ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) })
        case .own:
            // RFC 9110, sections 15.3.5 and 15.4.5.
            if status == 204 || status == 304 { return nil }
            bytes = own(status).bytes
        }
        if behaviour.hasInvalidUTF8 { bytes = Self.spoilt(bytes) }
        return ReplyBody(bytes, paddedTo: behaviour.size)
    }

    private func own(_ status: Int) -> JSONValue {
        guard (200..<300).contains(status) else { return HTTPText.errorBody(status) }
        switch finding {
        case .entry(let entry): return behaviour.changes.reduce(entry.value) { $1.apply(to: $0) }
        case .healthy: return Self.health
        case .refusal(let status): return HTTPText.errorBody(status)
        }
    }

    /// With a lead byte that nothing fitting follows, inside the first string that is a member's value.
    private static func spoilt(_ bytes: ByteBuffer) -> ByteBuffer {
        let all = Array(bytes.readableBytesView)
        let start = all.indices.dropFirst(2).first { all[($0 - 2)...$0].elementsEqual("\":\"".utf8) }
        let place = start.map { $0 + 1 } ?? all.endIndex
        return ByteBuffer(bytes: all[..<place] + [0xc3, 0x28] + all[place...])
    }

    private mutating func drawn(_ delay: Action.Delay) -> Duration {
        switch delay {
        case .fixed(let duration): return duration
        case .spread(let low, let high):
            let share = Double(chance.next() >> 11) * 0x1p-53
            return low + max(.zero, high - low) * share
        }
    }
}
