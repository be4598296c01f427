// The id that ties a client's complaint to the log: kept when the client sent a good one, else made here.

/// `X-Request-Id`.
package enum RequestID {
    /// A new id: 16 hexadecimal digits. Short, since each upstream call carries it.
    package static func make(using random: inout FastRandom) -> String {
        Hex.lower(random.next())
    }

    /// Whether an incoming id may be kept: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    package static func isWellFormed(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count) && id.utf8.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
