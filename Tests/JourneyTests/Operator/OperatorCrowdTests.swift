// Connections to the operators' address by whoever does not mean well: a health check gets its answer all the same.

import Support
import Testing

@Suite struct OperatorCrowdTests {
    @Test func `connections that send half a request keep no health check away`() async throws {
        try await withGateway { gateway in
            var crowd: [Client] = []
            for _ in 0..<70 {
                let client = try Client(port: gateway.adminPort)
                // The half one is read with the whole one.
                try client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHost:")
                #expect(try await client.reply().status == 200)
                crowd.append(client)
            }

            for path in ["/livez", "/readyz", "/metrics"] {
                let client = try Client(port: gateway.adminPort)
                try client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await client.reply().status == 200)
                client.close()
            }
            for client in crowd { client.close() }
        }
    }
}
