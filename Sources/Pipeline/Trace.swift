// W3C Trace Context (https://www.w3.org/TR/trace-context/): what goes on to upstreams so that one trace shows it all.

/// The trace a request belongs to.
package struct Trace: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all zero.
    package let id: String
    /// Whether it is recorded, as far as that was decided when it began: upstreams are told.
    package let isSampled: Bool
    /// Vendors' state, passed on as it came; empty: none.
    package let state: String
    /// The caller's span that the request is a part of; 0: the trace begins here.
    package let parent: UInt64

    /// A new trace, one of the share that is recorded or not.
    /// - Parameter share: from 0 to 1.
    package init(share: Double = 0, using random: inout FastRandom) {
        let rest = random.next()
        id = Hex.lower(random.next() | 1) + Hex.lower(rest)
        // By the id's last 56 bits, as OpenTelemetry's consistent sampling has it: whoever else decides by the id alone
        // decides the same.
        isSampled = Double(rest & (1 << 56 - 1)) >= (1 - share) * 0x1p56
        state = ""
        parent = 0
    }

    /// The `traceparent` for a call whose span is `span` (section 3.2), not zero.
    package func traceparent(span: UInt64) -> String {
        String(unsafeUninitializedCapacity: 55) { text in
            var place = 0
            func put(_ piece: some Sequence<UInt8>) {
                for byte in piece {
                    text[place] = byte
                    place += 1
                }
            }
            put("00-".utf8)
            put(id.utf8)
            put("-".utf8)
            put(Hex.lower(span).utf8)
            put((isSampled ? "-01" : "-00").utf8)
            return place
        }
    }

    /// The trace that a client's `traceparent` names (section 3.2), or nil if it is malformed: then its `tracestate`
    /// must not be used either.
    package init?(traceparent: String, tracestate: String?) {
        let text = Array(traceparent.utf8)
        guard text.count >= 55, text[2] == Self.dash, text[35] == Self.dash, text[52] == Self.dash else { return nil }
        let version = text[0..<2], trace = text[3..<35], span = text[36..<52], flags = text[53..<55]
        guard [version, trace, span, flags].allSatisfy({ $0.allSatisfy(Hex.isLower) }) else { return nil }
        // ff is forbidden; 00 is exactly this long, later versions may only add fields behind a dash.
        guard !version.elementsEqual("ff".utf8) else { return nil }
        guard version.elementsEqual("00".utf8) ? text.count == 55 : text.count == 55 || text[55] == Self.dash else {
            return nil
        }
        parent = span.reduce(0) { $0 << 4 | UInt64(Hex.value(of: $1)) }
        guard trace.contains(where: { $0 != Self.zero }), parent != 0 else { return nil }
        id = String(decoding: trace, as: UTF8.self)
        // Of the flags only the first means something so far (section 3.2.2.5); others are not passed on.
        isSampled = Hex.value(of: text[54]) & 1 == 1
        state = tracestate.flatMap { TraceState.isWellFormed($0) ? $0 : nil } ?? ""
    }

    private static let dash = UInt8(ascii: "-")
    private static let zero = UInt8(ascii: "0")
}
