// The letters of tokens, read in one way only.

import Foundation
import Testing

@testable import Identity

@Suite struct Base64URLTests {
    @Test func `reads what others write`() {
        for count in 0..<100 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 89 + count * 7) }
            let text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")

            #expect(Base64URL.decode(text.utf8) == bytes)
        }
    }

    @Test(arguments: [
        "A", "AA=", "AA==", "AAAAA", "AB", "AAB", "A+", "A/", "A A", "AA\n", "AA.", "ÄÄ", "AA\u{0}", "====", "=",
    ])
    func `refuses padding, other letters and bits behind the end`(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    /// Two texts never mean the same bytes.
    @Test func `has one text for each sequence of bytes`() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/".utf8)
        var seen: Set<[UInt8]> = []
        for one in letters {
            for other in letters {
                for text in [[one, other], [65, one, other]] {
                    if let bytes = Base64URL.decode(text) { #expect(seen.insert(bytes).inserted) }
                }
            }
        }
        #expect(seen.count == 256 + 64 * 16)
    }
}
