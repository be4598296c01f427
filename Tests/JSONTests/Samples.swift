// Text for the parser, the way replies are in memory, and a made-up source of chance.

import JSON

/// Bytes with room behind them. What is in that room must not matter, so it is filled with what would.
final class Text {
    private let start: UnsafeMutablePointer<UInt8>
    private let count: Int

    init(_ bytes: [UInt8], padding: UInt8 = UInt8(ascii: "]")) {
        count = bytes.count
        start = .allocate(capacity: count + JSONParser.padding)
        for (place, byte) in bytes.enumerated() { (start + place).initialize(to: byte) }
        (start + count).initialize(repeating: padding, count: JSONParser.padding)
    }

    convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit { start.deallocate() }

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }
}

extension JSONParser {
    func check(_ text: Text) throws(JSONFault) -> JSONDocument { try check(text.bytes, keeping: text) }

    /// Nil: the bytes are a document.
    func fault(in bytes: [UInt8], padding: UInt8 = UInt8(ascii: "]")) -> JSONFault? {
        do throws(JSONFault) {
            _ = try check(Text(bytes, padding: padding))
            return nil
        } catch {
            return error
        }
    }

    func fault(in text: String) -> JSONFault? { fault(in: Array(text.utf8)) }
}

extension String {
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.init(decoding: bytes, as: UTF8.self) }
}

/// SplitMix64: the same seed gives the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A document with one of everything.
let sample = #"""
    {"id":"a\u00e9\n\ud83d\ude00", "list" : [1, -2.5e+3, true, false, null, "", [], {}, 123456789012345678901],
     "nested":{"\u0069d":{"deep":[[["x"]]]},"é":"ü"},"last":0.0}
    """#
