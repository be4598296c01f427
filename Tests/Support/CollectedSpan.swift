// What a collector reads of an export: opentelemetry-proto's messages, decoded by the numbers of trace.proto and common.proto
// alone. Nothing of it is shared with what writes them.

/// `ExportTraceServiceRequest`.
package struct CollectedExport: Sendable {
    package let resource: [String: CollectedValue]
    package let scope: String
    package let spans: [CollectedSpan]

    /// Nil: it is malformed, or has another form than one resource with one scope.
    package init?(_ bytes: [UInt8]) {
        guard let whole = Wire(bytes), let resourceSpans = whole.message(1), let scopeSpans = resourceSpans.message(2),
            let resource = resourceSpans.message(1)?.attributes(1), let scope = scopeSpans.message(1)?.text(1)
        else { return nil }
        let spans = scopeSpans.messages(2)
        self.resource = resource
        self.scope = scope
        self.spans = spans.compactMap { CollectedSpan($0) }
        guard self.spans.count == spans.count else { return nil }
    }
}

package enum CollectedValue: Sendable, Equatable {
    case text(String)
    case flag(Bool)
    case whole(Int64)
    case real(Double)
}

/// `Span`. Ids are lower-case hexadecimal, times nanoseconds since 1970.
package struct CollectedSpan: Sendable {
    package struct Event: Sendable {
        package let name: String
        package let time: UInt64
        package let attributes: [String: CollectedValue]
    }

    package let trace: String
    package let id: String
    /// Empty: it has none.
    package let parent: String
    package let state: String
    package let name: String
    /// 1: internal, 2: server, 3: client.
    package let kind: UInt64
    package let start: UInt64
    package let end: UInt64
    package let attributes: [String: CollectedValue]
    package let events: [Event]
    /// 0: unset, 1: ok, 2: error.
    package let status: UInt64
    package let flags: UInt64

    fileprivate init?(_ wire: Wire) {
        guard let trace = wire.hex(1), trace.count == 32, let id = wire.hex(2), id.count == 16, let name = wire.text(5),
            let kind = wire.number(6), let start = wire.number(7), let end = wire.number(8),
            let attributes = wire.attributes(9)
        else { return nil }
        self.trace = trace
        self.id = id
        self.name = name
        self.kind = kind
        self.start = start
        self.end = end
        self.attributes = attributes
        parent = wire.hex(4) ?? ""
        state = wire.text(3) ?? ""
        status = wire.message(15)?.number(3) ?? 0
        flags = wire.number(16) ?? 0
        events = wire.messages(11).compactMap { event in
            guard let name = event.text(2), let time = event.number(1), let attributes = event.attributes(3) else {
                return nil
            }
            return Event(name: name, time: time, attributes: attributes)
        }
    }

    package func text(_ name: String) -> String? {
        if case .text(let text)? = attributes[name] { text } else { nil }
    }

    package func whole(_ name: String) -> Int64? {
        if case .whole(let number)? = attributes[name] { number } else { nil }
    }

    /// Whether it is within `other`'s time.
    package func isDuring(_ other: CollectedSpan) -> Bool { start >= other.start && end <= other.end && start <= end }
}

/// One message's fields in their order.
private struct Wire {
    private enum Value {
        case number(UInt64)
        case bytes([UInt8])
    }

    private var fields: [(number: Int, value: Value)] = []

    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        func varint() -> UInt64? {
            var number: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 64, let byte = rest.popFirst() {
                number |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return number }
                shift += 7
            }
            return nil
        }
        func little(_ count: Int) -> UInt64? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        while !rest.isEmpty {
            guard let tag = varint() else { return nil }
            let value: Value?
            switch tag & 7 {
            case 0: value = varint().map(Value.number)
            case 1: value = little(8).map(Value.number)
            case 5: value = little(4).map(Value.number)
            case 2:
                guard let count = varint(), count <= rest.count else { return nil }
                value = .bytes(Array(rest.prefix(Int(count))))
                rest = rest.dropFirst(Int(count))
            default: value = nil
            }
            guard let value else { return nil }
            fields.append((Int(tag >> 3), value))
        }
    }

    func bytes(_ number: Int) -> [[UInt8]] {
        fields.compactMap { field in
            if field.number == number, case .bytes(let bytes) = field.value { bytes } else { nil }
        }
    }

    func number(_ number: Int) -> UInt64? {
        fields.lazy.compactMap { field -> UInt64? in
            if field.number == number, case .number(let value) = field.value { value } else { nil }
        }.first
    }

    func text(_ number: Int) -> String? { bytes(number).first.flatMap { String(validating: $0, as: UTF8.self) } }

    func hex(_ number: Int) -> String? {
        bytes(number).first.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
    }

    func messages(_ number: Int) -> [Wire] { bytes(number).compactMap { Wire($0) } }
    func message(_ number: Int) -> Wire? { messages(number).first }

    /// Nil: one of them is malformed, or there twice.
    func attributes(_ number: Int) -> [String: CollectedValue]? {
        var attributes: [String: CollectedValue] = [:]
        for pair in messages(number) {
            guard let name = pair.text(1), let value = pair.message(2).flatMap(Self.value), attributes[name] == nil
            else { return nil }
            attributes[name] = value
        }
        return attributes
    }

    /// `AnyValue`.
    private static func value(_ wire: Wire) -> CollectedValue? {
        if let text = wire.text(1) { return .text(text) }
        if let flag = wire.number(2) { return .flag(flag != 0) }
        if let number = wire.number(3) { return .whole(Int64(bitPattern: number)) }
        return wire.number(4).map { .real(Double(bitPattern: $0)) }
    }
}
