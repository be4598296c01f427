// The header lists that libcurl reads.

import CCurl
import Pipeline
import Testing

@testable import Upstream

struct HeaderLinesTests {
    private let fixed = FixedHeaderLines(["Accept: application/json", "User-Agent: test"])

    /// The lines as libcurl walks them.
    private func text(_ lines: HeaderLines) throws -> [String] {
        var found: [String] = []
        var node: UnsafeMutablePointer<curl_slist>? = try lines.list()
        while let here = node {
            found.append(String(cString: here.pointee.data))
            node = here.pointee.next
        }
        return found
    }

    @Test func `stand before the fixed ones, in the order they were added`() throws {
        let lines = HeaderLines(before: fixed)

        lines.begin()
        lines.add("X-Tenant-Id: ", "t-1")
        lines.add("X-Request-Id: ", "r-1")

        #expect(
            try text(lines) == [
                "X-Tenant-Id: t-1", "X-Request-Id: r-1", "Accept: application/json", "User-Agent: test",
            ])
    }

    @Test func `are the fixed ones alone when none was added`() throws {
        let lines = HeaderLines(before: fixed)

        #expect(try text(lines) == ["Accept: application/json", "User-Agent: test"])
    }

    @Test func `are written anew for each call`() throws {
        let lines = HeaderLines(before: fixed)
        lines.begin()
        lines.add("A: ", "a long value of the first call")
        lines.add("B: ", "2")
        _ = try text(lines)

        lines.begin()
        lines.add("C: ", "3")

        #expect(try text(lines) == ["C: 3", "Accept: application/json", "User-Agent: test"])
    }

    @Test func `share the fixed ones`() throws {
        let one = HeaderLines(before: fixed)
        let other = HeaderLines(before: fixed)
        one.begin()
        one.add("A: ", "1")
        other.begin()
        other.add("B: ", "2")

        #expect(try text(one).first == "A: 1")
        #expect(try text(other).first == "B: 2")
        #expect(try text(one).count == 3)
    }

    @Test(arguments: [true, false])
    func `carry a trace as the trace itself writes it`(isSampled: Bool) throws {
        var random = FastRandom(seed: 1)
        let trace = Trace(sampled: isSampled, using: &random)
        let lines = HeaderLines(before: fixed)

        lines.begin()
        lines.add(trace, span: 0xabc)

        #expect(try text(lines).dropLast(2) == ["traceparent: \(trace.traceparent(span: 0xabc))"])
    }

    @Test func `carry a vendor's state behind the trace`() throws {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let trace = try #require(Trace(traceparent: parent, tracestate: "vendor=1"))
        let lines = HeaderLines(before: fixed)

        lines.begin()
        lines.add(trace, span: 1)

        #expect(try text(lines)[1] == "tracestate: vendor=1")
    }

    @Test func `refuse a trace there is no room for`() {
        var random = FastRandom(seed: 1)
        let trace = Trace(using: &random)
        let lines = HeaderLines(before: fixed)
        for room in 0..<72 {
            lines.begin()
            lines.add("X: ", String(repeating: "x", count: 2048 - 4 - room))
            lines.add(trace, span: 1)

            // "traceparent: ", 55 bytes, and the end: 69.
            if room < 69 { #expect(throws: Failure.self, "room \(room)") { try lines.list() } }
        }
    }

    @Test func `refuse every control character`() {
        let lines = HeaderLines(before: fixed)
        for byte in Array(UInt8(0)..<0x20) + [0x7f] {
            lines.begin()
            lines.add("X: ", "a" + String(UnicodeScalar(byte)) + "b")

            #expect(throws: Failure.self, "byte \(byte)") { try lines.list() }
        }
    }

    @Test func `keep what is no control character`() throws {
        let lines = HeaderLines(before: fixed)
        let visible = String(decoding: Array(UInt8(0x20)..<0x7f), as: UTF8.self) + "é"

        lines.begin()
        lines.add("X: ", visible)

        #expect(try text(lines).first == "X: " + visible)
    }

    @Test func `refuse what is longer than there is room for, and are good again for the next call`() throws {
        let lines = HeaderLines(before: fixed)

        lines.begin()
        lines.add("X: ", String(repeating: "x", count: 4096))
        #expect(throws: Failure.self) { try lines.list() }
        lines.begin()
        for _ in 0..<3 { lines.add("Y: ", String(repeating: "y", count: 700)) }
        #expect(throws: Failure.self) { try lines.list() }
        lines.begin()
        lines.add("Z: ", "z")

        #expect(try text(lines).first == "Z: z")
    }

    @Test func `refuse more lines than there is room for`() {
        let lines = HeaderLines(before: fixed)

        lines.begin()
        for _ in 0..<9 { lines.add("X: ", "x") }

        #expect(throws: Failure.self) { try lines.list() }
    }

    @Test func `fill their room to the last byte`() throws {
        let lines = HeaderLines(before: fixed)
        // 2048 bytes: the name, the value, the end.
        let value = String(repeating: "x", count: 2048 - 3 - 1)

        lines.begin()
        lines.add("X: ", value)

        #expect(try text(lines).first == "X: " + value)
    }
}
