// What a response looks like on the wire.

import Pipeline
import Testing

@Suite struct AnswerTests {
    @Test func `HEAD gets the length of the body but not the body`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send("HEAD /four HTTP/1.1\r\nHost: gateway\r\n\r\n" + get("/next"))
            let head = try client.reply(toHead: true)
            let next = try client.reply()

            #expect(head.status == 200)
            #expect(head.fields["content-length"] == "5")
            #expect(next.body == "/next")
        }
    }

    @Test(arguments: [304, 204]) func `an answer that can have no body tells no length`(status: Int) async throws {
        try await withEdge(ScriptedHandler { _ in Response(status: status, body: [1]) }) { edge in
            let client = try edge.client()

            try client.send(get("/"))
            let reply = try client.reply()
            try client.send(get("/"))

            #expect(reply.status == status)
            #expect(reply.fields["content-length"] == nil)
            #expect(try client.reply().status == status)
        }
    }

    @Test func `fields are written as they are set`() async throws {
        let fields = [Response.Field("ETag", "\"x\""), Response.Field("X-Content-Type-Options", "nosniff")]
        try await withEdge(ScriptedHandler { _ in Response(status: 299, fields: fields) }) { edge in
            let client = try edge.client()

            try client.send(get("/", "Connection: close\r\n"))
            let text = try client.rest()

            #expect(text.hasPrefix("HTTP/1.1 299 \r\nETag: \"x\"\r\nX-Content-Type-Options: nosniff\r\nDate: "))
            #expect(text.hasSuffix(" GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        }
    }

    @Test func `a large answer arrives whole, and so does the next`() async throws {
        let size = 3_000_000
        try await withEdge(ScriptedHandler { _ in Response(status: 200, body: Array(repeating: 120, count: size)) }) {
            edge in
            let client = try edge.client()

            try client.send(get("/1") + get("/2"))

            #expect(try client.reply().body.utf8.count == size)
            #expect(try client.reply().body.utf8.count == size)
        }
    }
}
