// Bytes as letters, read in one way only.

import Foundation
import Pipeline
import Testing

@Suite struct Base64Tests {
    private static let lengths = 0..<100

    private func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 89 + count * 7) }
    }

    @Test func `reads what others write`() {
        for count in Self.lengths {
            let bytes = bytes(count)

            #expect(Base64.decode(Data(bytes).base64EncodedString().utf8, .standard) == bytes)
        }
    }

    @Test func `reads what tokens are written in`() {
        for count in Self.lengths {
            let bytes = bytes(count)
            let text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")

            #expect(Base64.decode(text.utf8, .url) == bytes)
        }
    }

    @Test(arguments: [
        "A", "AA=", "AA==", "AAAAA", "AB", "AAB", "A+", "A/", "A A", "AA\n", "AA.", "ÄÄ", "AA\u{0}", "====", "=",
    ])
    func `refuses padding, other letters and bits behind the end in tokens`(_ text: String) {
        #expect(Base64.decode(text.utf8, .url) == nil)
    }

    @Test(arguments: [
        "A", "AA", "AAA", "AA=", "A===", "====", "AA==AA==", "=AAA", "AB==", "AAB=", "A-==", "A_==", "AA ==", "AA==\n",
        "AAA=AAA=",
    ])
    func `refuses missing padding, other letters and bits behind the end elsewhere`(_ text: String) {
        #expect(Base64.decode(text.utf8, .standard) == nil)
    }

    /// Two texts never mean the same bytes.
    @Test(arguments: [(Base64.Alphabet.url, ""), (.standard, "=")])
    func `has one text for each sequence of bytes`(_ alphabet: Base64.Alphabet, _ end: String) {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/".utf8)
        var texts: Set<[UInt8]> = [], seen: Set<[UInt8]> = []
        for one in letters {
            for other in letters {
                for text in [[one, other] + Array((end + end).utf8), [65, one, other] + Array(end.utf8)]
                where texts.insert(text).inserted {
                    if let bytes = Base64.decode(text, alphabet) { #expect(seen.insert(bytes).inserted) }
                }
            }
        }
        #expect(seen.count == 256 + 64 * 16)
    }
}
