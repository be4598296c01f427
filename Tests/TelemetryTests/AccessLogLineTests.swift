// What a line of the access log says, and that nothing a client sends can make it say something else.

import Foundation
import Pipeline
import Testing

@testable import Telemetry

@Suite struct AccessLogLineTests {
    @Test func `says all that is known of an answered request`() throws {
        let story = record(parts: [
            part("conversation", 0, from: 0.5, to: 12.25, .fetched),
            part("messages", 1, from: 0.5, to: 20, .fetched, attempts: 2),
            part("contact", 2, from: 12.3, to: 15, .missing(.readTimeout)),
            part("account", 3, from: 12.3, to: 12.3, .skipped, attempts: 0),
            part("items", 4, from: 0.5, to: 1.5, .stale(.serverError, age: .milliseconds(40_999))),
        ])
        story.route = "conversation"
        story.id = "1"
        story.overhead = 1_500
        story.attempts = [
            try attempt(0, status: 200), try attempt(1, .serverError, status: 503),
            try attempt(1, status: 200, queued: 2000),
            try attempt(2, .readTimeout, circuit: .probe),
        ]
        story.principal = Principal(tenant: "t1", scopes: [], workspace: nil, credential: "key_1")

        let text = line(request(story), Response(status: 200, body: [1, 2, 3]), after: .microseconds(21_500))

        #expect(
            text == """
                {"time":"2026-03-01T12:34:56.789Z","requestId":"r-1","traceId":"4bf92f3577b34da6a3ce929d0e0e4736",\
                "client":"192.0.2.7","scheme":"http","protocol":"HTTP/1.1","method":"GET","route":"conversation",\
                "id":"1","path":"/api/conversations/1","tenant":"t1","credential":"key_1","status":200,"bytes":3,"ms":21.500,\
                "overheadMs":1.500,"parts":[\
                {"name":"conversation","outcome":"fetched","ms":11.750,"startMs":0.500,"attempts":1,"status":200,\
                "circuit":"closed"},\
                {"name":"messages","outcome":"fetched","ms":19.500,"startMs":0.500,"attempts":2,"status":200,\
                "queuedMs":2.000,"circuit":"closed"},\
                {"name":"contact","outcome":"missing","failure":"read_timeout","ms":2.700,"startMs":12.300,"attempts":1,\
                "circuit":"probe"},\
                {"name":"account","outcome":"skipped","ms":0.000,"startMs":12.300,"attempts":0},\
                {"name":"items","outcome":"stale","failure":"upstream_server_error","age":40,"ms":1.000,"startMs":0.500,\
                "attempts":1}]}

                """)
        _ = try object(text)
    }

    @Test func `says what failed and why`() throws {
        let story = record(parts: [part("contact", from: 1, to: 2, .failed(.circuitOpen), attempts: 0)])
        story.failure = Failure(.circuitOpen, .upstream("crm", part: "contact"), "open for 4 s")

        let members = try object(line(request(story), Response(status: 503), after: .milliseconds(2)))

        #expect(members["failure"] as? String == "circuit_open")
        #expect(members["failedPart"] as? String == "contact")
        #expect(members["reason"] as? String == "open for 4 s")
        #expect(members["status"] as? Int == 503)
        let parts = try #require(members["parts"] as? [[String: Any]])
        #expect(parts.first?["failure"] as? String == "circuit_open")
    }

    @Test func `names the request whose answer was given again`() throws {
        let story = record(parts: [])
        story.reusedFrom = "r-0"

        let members = try object(line(request(story), Response(status: 200), after: .zero))

        #expect(members["reusedFrom"] as? String == "r-0")
        #expect(members["coalescedWith"] == nil)
    }

    @Test func `tells a request that was refused before anything was known`() throws {
        var refused = request(nil)
        refused.path = ""
        refused.refused = Failure(.malformedRequest, .downstream, "two lengths")

        let members = try object(line(refused, Response(status: 400, body: [1]), after: .zero))

        #expect(members["failure"] as? String == "malformed_request")
        #expect(members["route"] is NSNull)
        #expect(members["path"] as? String == "")
        #expect((members["parts"] as? [Any])?.isEmpty == true)
        for absent in ["tenant", "credential", "traceId", "failedPart"] { #expect(members[absent] == nil) }
    }

    @Test func `has 499 for a client that left`() throws {
        let members = try object(line(request(nil), nil, after: .milliseconds(3)))

        #expect(members["status"] as? Int == 499)
        #expect(members["bytes"] as? Int == 0)
    }

    @Test func `counts no bytes of a body that a HEAD only asked about`() throws {
        var head = request(nil)
        head.method = .head

        let members = try object(line(head, Response(status: 200, body: [1, 2, 3]), after: .zero))

        #expect(members["bytes"] as? Int == 0)
    }

    @Test(arguments: [
        "\n", "\r\n{\"status\":200}\n", "\"", "\\", "a\"b\\c", "\u{0}", "\u{1b}[2J", "\u{7f}", "\u{85}", "\u{9b}31m",
        "\u{2028}",
        "\u{202e}", "ünïcödé", "😀 and more", "1234567\"", "12345678\u{1f}", "1234567\u{7f}", "12345678é", "\u{fffd}",
        "", " ", "~", "</script>", "%00",
    ])
    func `keeps hostile text in its place`(_ text: String) throws {
        var hostile = request(record())
        hostile.id = text
        hostile.path = text
        hostile.client = text
        hostile.method = .other(text)
        hostile.record?.value.principal = Principal(tenant: text, scopes: [], workspace: nil, credential: text)
        hostile.record?.value.route = text
        hostile.record?.value.id = text
        hostile.record?.value.failure = Failure(.internalError, .upstream(text, part: text), text)

        let line = line(hostile, Response(status: 500), after: .zero)

        #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f || $0 == 0x0a })
        #expect(line.utf8.count { $0 == 0x0a } == 1)
        let members = try object(line)
        #expect(members["id"] as? String == text)
        for name in ["requestId", "path", "client", "method", "tenant", "credential", "route", "failedPart", "reason"] {
            #expect(members[name] as? String == text)
        }
    }

    @Test func `escapes any byte wherever it stands`() throws {
        for byte in UInt8(0)...0x7f {
            for place in 0..<20 {
                var bytes = Array("abcdefghijklmnopqrst".utf8)
                bytes[place] = byte
                let text = String(decoding: bytes, as: UTF8.self)
                var asked = request(nil)
                asked.path = text

                let line = line(asked, nil, after: .zero)

                #expect(try object(line)["path"] as? String == text)
            }
        }
    }

    @Test(arguments: ["x", "é", "€", "😀", "\n"])
    func `cuts what is too long between two characters`(_ character: String) throws {
        for lead in 0..<4 {
            var long = request(nil)
            long.path = String(repeating: "/", count: lead) + String(repeating: character, count: 9000)

            let path = try #require(try object(line(long, nil, after: .zero))["path"] as? String)

            #expect(path.hasSuffix("…"))
            #expect(long.path.hasPrefix(path.dropLast()))
            #expect((508...512).contains(path.dropLast().utf8.count))
        }
    }

    @Test(arguments: [
        (Duration.zero, "0.000"), (.nanoseconds(999), "0.000"), (.microseconds(1), "0.001"),
        (.microseconds(-5), "0.000"),
        (.nanoseconds(1_999_999), "1.999"), (.seconds(9), "9000.000"), (.seconds(10) + .microseconds(7), "10000.007"),
        (.seconds(86_400), "86400000.000"), (.seconds(Int64.max), "9223372036854775.807"),
        (.seconds(Int64.min), "0.000"),
    ])
    func `writes milliseconds with three decimals`(_ time: Duration, _ text: String) {
        var bytes = LineBytes(capacity: 1)

        bytes.append(milliseconds: time)

        let written = String(decoding: bytes.array, as: UTF8.self)
        #expect(written == text)
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12_345, -1, -10, Int.max, Int.min])
    func `writes whole numbers`(_ number: Int) {
        var bytes = LineBytes(capacity: 1)

        bytes.append(number)

        let written = String(decoding: bytes.array, as: UTF8.self)
        #expect(written == "\(number)")
    }
}
