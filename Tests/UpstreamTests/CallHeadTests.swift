// What upstreams are asked, as libcurl gets it.

import CCurl
import Pipeline
import Testing

@testable import Upstream

/// Both forms, over what libcurl would be given.
struct CallHeadTests {
    private let fixed = FixedFields(["Accept: application/json", "User-Agent: test"])

    private func onePiece() -> CallHead {
        CallHead(.onePiece(Array(" HTTP/1.1\r\nHost: crm\r\nAccept: */*\r\n".utf8), instead: fixed))
    }

    private func fields() -> CallHead { CallHead(.fields(fixed)) }

    /// The fields as libcurl walks them.
    private func lines(_ head: CallHead) throws -> [String] {
        var found: [String] = []
        var node = try head.finished().fields
        while let here = node {
            found.append(String(cString: here.pointee.data))
            node = here.pointee.next
        }
        return found
    }

    private func target(_ head: CallHead) throws -> String { String(cString: try head.finished().target) }

    @Test func `of HTTP 1 is a target with all fields behind it, and one for libcurl's own words`() throws {
        let head = onePiece()

        head.begin("/contacts/1")
        head.add("X-Tenant-Id: ", "t-1")
        head.add("X-Request-Deadline-Ms: ", 1500)

        #expect(
            try target(head)
                == "/contacts/1 HTTP/1.1\r\nHost: crm\r\nAccept: */*\r\nX-Tenant-Id: t-1\r\n"
                + "X-Request-Deadline-Ms: 1500\r\nX-Gateway-Hop:")
        #expect(try head.finished().fields == nil)
    }

    @Test func `of HTTP 2 is a target and a list, what never changes last`() throws {
        let head = fields()

        head.begin("/contacts/1")
        head.add("X-Tenant-Id: ", "t-1")
        head.add("X-Request-Id: ", "r-1")

        #expect(try target(head) == "/contacts/1")
        #expect(
            try lines(head) == [
                "X-Tenant-Id: t-1", "X-Request-Id: r-1", "Accept: application/json", "User-Agent: test",
            ])
    }

    @Test func `has the unchanging fields alone when none was added`() throws {
        let head = fields()

        head.begin("/")

        #expect(try lines(head) == ["Accept: application/json", "User-Agent: test"])
    }

    @Test func `is written anew for each call`() throws {
        let head = fields()
        head.begin("/a/long/path/of/the/first/call")
        head.add("A: ", "a long value of the first call")
        head.add("B: ", "2")
        _ = try lines(head)

        head.begin("/b")
        head.add("C: ", "3")

        #expect(try target(head) == "/b")
        #expect(try lines(head).first == "C: 3")
        #expect(try lines(head).count == 3)
    }

    @Test func `shares the unchanging fields with others`() throws {
        let one = fields()
        let other = fields()
        one.begin("/1")
        one.add("A: ", "1")
        other.begin("/2")
        other.add("B: ", "2")

        #expect(try lines(one).first == "A: 1")
        #expect(try lines(other).first == "B: 2")
        #expect(try lines(one).count == 3)
    }

    @Test(arguments: [true, false])
    func `carries a trace as the trace itself writes it`(isSampled: Bool) throws {
        var random = FastRandom(seed: 1)
        let trace = Trace(share: isSampled ? 1 : 0, using: &random)
        let head = fields()

        head.begin("/")
        head.add(trace, span: 0xabc)

        #expect(try lines(head).first == "traceparent: \(trace.traceparent(span: 0xabc))")
    }

    @Test func `carries a vendor's state behind the trace`() throws {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let trace = try #require(Trace(traceparent: parent, tracestate: "vendor=1"))
        let head = fields()

        head.begin("/")
        head.add(trace, span: 1)

        #expect(try lines(head)[1] == "tracestate: vendor=1")
    }

    @Test(arguments: [0, 7, 9, 10, 99, 100, 2999, 30_000, Int64.max, -5])
    func `writes numbers as Swift does, none below 0`(number: Int64) throws {
        let head = fields()

        head.begin("/")
        head.add("N: ", number)

        #expect(try lines(head).first == "N: \(max(0, number))")
    }

    @Test func `refuses every control character in a value, in both forms`() {
        for head in [fields(), onePiece()] {
            for byte in Array(UInt8(0)..<0x20) + [0x7f] {
                head.begin("/")
                head.add("X: ", "a" + String(UnicodeScalar(byte)) + "b")

                #expect(throws: Failure.self, "byte \(byte)") { try head.finished() }
            }
        }
    }

    @Test func `refuses a path that would end the request line or split it`() {
        for head in [fields(), onePiece()] {
            for byte in Array(UInt8(0)...0x20) + [0x7f] {
                head.begin("/a" + String(UnicodeScalar(byte)) + "b")

                #expect(throws: Failure.self, "byte \(byte)") { try head.finished() }
            }
        }
    }

    @Test func `keeps what is no control character`() throws {
        let head = fields()
        let visible = String(decoding: Array(UInt8(0x20)..<0x7f), as: UTF8.self) + "é"

        head.begin("/")
        head.add("X: ", visible)

        #expect(try lines(head).first == "X: " + visible)
    }

    @Test func `refuses what is longer than its room, and is good again for the next call`() throws {
        var random = FastRandom(seed: 1)
        let trace = Trace(using: &random)
        for head in [fields(), onePiece()] {
            for room in 0..<120 {
                head.begin("/")
                head.add("X: ", String(repeating: "x", count: 8192 - room))
                head.add(trace, span: 1)
                head.add("N: ", 123_456)

                if room < 69 { #expect(throws: Failure.self, "room \(room)") { try head.finished() } }
            }
            head.begin("/")
            head.add("Z: ", "z")

            _ = try head.finished()
        }
    }

    @Test(arguments: [900, 980, 1000, 1024, 1100, 4000, 8000])
    func `keeps what it holds when it grows`(length: Int) throws {
        let long = String(repeating: "x", count: length)
        for head in [onePiece(), fields()] {
            for _ in 1...2 {
                head.begin("/things")
                head.add("X: ", long)
                head.add("N: ", 7)

                let whole = try target(head) + lines(head).joined(separator: "\r\n")

                #expect(whole.hasPrefix("/things"))
                #expect(whole.contains("X: \(long)\r\nN: 7\r\n"))
            }
        }
    }

    @Test func `refuses more fields than there is room for`() {
        let head = fields()

        head.begin("/")
        for _ in 0..<11 { head.add("X: ", "x") }

        #expect(throws: Failure.self) { try head.finished() }
    }
}
