// W3C Trace Context (https://www.w3.org/TR/trace-context/): what goes on to upstreams so that one trace shows it all.

/// The trace a request belongs to.
package struct Trace: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all zero.
    package let id: String
    package let isSampled: Bool
    /// Vendors' state, passed on as it came; empty: none.
    package let state: String

    /// A new trace.
    package init(sampled: Bool = false, using random: inout FastRandom) {
        id = Hex.lower(random.next() | 1) + Hex.lower(random.next())
        isSampled = sampled
        state = ""
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
        let version = text[0..<2], trace = text[3..<35], parent = text[36..<52], flags = text[53..<55]
        guard [version, trace, parent, flags].allSatisfy({ $0.allSatisfy(Hex.isLower) }) else { return nil }
        // ff is forbidden; 00 is exactly this long, later versions may only add fields behind a dash.
        guard !version.elementsEqual("ff".utf8) else { return nil }
        guard version.elementsEqual("00".utf8) ? text.count == 55 : text.count == 55 || text[55] == Self.dash else {
            return nil
        }
        guard trace.contains(where: { $0 != Self.zero }), parent.contains(where: { $0 != Self.zero }) else {
            return nil
        }
        id = String(decoding: trace, as: UTF8.self)
        isSampled = Hex.value(of: text[54]) & 1 == 1
        state = tracestate.flatMap { Self.isPrintable($0) && $0.utf8.count <= 512 ? $0 : nil } ?? ""
    }

    private static let dash = UInt8(ascii: "-")
    private static let zero = UInt8(ascii: "0")

    private static func isPrintable(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }
}
