// Who sent a request, by what proxies say: rules as values, then over the wire.

import Configuration
import NIOHTTP1
import Pipeline
import Support
import Testing

@testable import Edge

@Suite struct ForwardingTests {
    private static let trusted = TrustedProxies(
        ["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"].compactMap { Network($0) })

    /// The client and scheme that fields of a trusted peer at 10.0.0.1 mean, as upstreams are told.
    private func forwarded(_ fields: [(String, String)]) throws -> String {
        let fields = try RequestFields(HTTPHeaders(fields), believesProxies: true)
        return Self.trusted.sender(fields.forwarding, from: Sender("10.0.0.1", .http)).forwarded
    }

    @Test(arguments: [
        // The last that is not trusted, however many stand before it.
        ("198.51.100.1", "for=198.51.100.1"), ("198.51.100.1, 198.51.100.2", "for=198.51.100.2"),
        ("198.51.100.1, 198.51.100.2, 10.0.0.2,192.0.2.7", "for=198.51.100.2"),
        ("198.51.100.1,10.0.0.3 ,\t10.0.0.2", "for=198.51.100.1"), ("10.0.0.3, 10.0.0.2", "for=10.0.0.3"),
        // Forms in which proxies write an address.
        ("198.51.100.1:4711", "for=198.51.100.1"), ("2001:db8::1", "for=\"[2001:db8::1]\""),
        ("[2001:DB8::1]", "for=\"[2001:db8::1]\""), ("[2001:db8::1]:4711", "for=\"[2001:db8::1]\""),
        ("::ffff:198.51.100.1", "for=198.51.100.1"), ("2001:db8::1, fd00::9", "for=\"[2001:db8::1]\""),
        // What is no address ends the search.
        ("198.51.100.1, unknown", "for=10.0.0.1"), ("198.51.100.1, , 10.0.0.2", "for=10.0.0.2"),
        ("", "for=10.0.0.1"), ("198.51.100.1 198.51.100.2", "for=10.0.0.1"), ("198.51.100.1:", "for=10.0.0.1"),
        ("[198.51.100.1]", "for=10.0.0.1"), ("[2001:db8::1", "for=10.0.0.1"), ("198.51.100.1:x", "for=10.0.0.1"),
        ("\"198.51.100.1\"", "for=10.0.0.1"), ("198.51.100.1;proto=https", "for=10.0.0.1"),
    ])
    func `the client is the last one that is not trusted`(value: String, expected: String) throws {
        #expect(try forwarded([("X-Forwarded-For", value)]) == expected + ";proto=http")
    }

    @Test(arguments: [
        ("for=198.51.100.1", "for=198.51.100.1;proto=http"),
        (
            "For=198.51.100.1;Proto=HTTPS;by=10.0.0.1;host=example.com",
            "for=198.51.100.1;host=example.com;proto=https"
        ),
        ("for=198.51.100.1;proto=https, for=10.0.0.2;proto=http", "for=198.51.100.1;proto=https"),
        ("for=198.51.100.1;proto=https, for=10.0.0.2", "for=198.51.100.1;proto=https"),
        ("for=192.0.2.66;proto=https, for=198.51.100.1", "for=198.51.100.1;proto=http"),
        ("for=\"198.51.100.1:4711\" ; proto=https", "for=198.51.100.1;proto=https"),
        ("for=\"[2001:db8::1]:4711\"", "for=\"[2001:db8::1]\";proto=http"),
        ("for=\"[2001:db8::\\1]\"", "for=\"[2001:db8::1]\";proto=http"),
        ("for=198.51.100.1:4711", "for=198.51.100.1;proto=http"), ("proto=https", "for=10.0.0.1;proto=http"),
        ("for=198.51.100.1, for=unknown", "for=10.0.0.1;proto=http"),
        ("for=198.51.100.1, for=_hidden", "for=10.0.0.1;proto=http"),
        // A quote that a client left open does not swallow what proxies say, nor make them say something else.
        ("for=\"192.0.2.66, for=198.51.100.1", "for=10.0.0.1;proto=http"),
        ("for=\"192.0.2.66, for=198.51.100.1;by=\"x\"", "for=10.0.0.1;proto=http"),
        ("for=\"a,b\", for=198.51.100.1", "for=198.51.100.1;proto=http"),
        ("nonsense, for=198.51.100.1", "for=198.51.100.1;proto=http"),
        ("for=198.51.100.1, nonsense", "for=10.0.0.1;proto=http"), ("for=198.51.100.1,", "for=10.0.0.1;proto=http"),
        ("for=198.51.100.1;for=198.51.100.2", "for=10.0.0.1;proto=http"), ("for=", "for=10.0.0.1;proto=http"),
        ("for=198.51.100.1;proto=ftp", "for=198.51.100.1;proto=http"), ("", "for=10.0.0.1;proto=http"),
        ("for = 198.51.100.1", "for=10.0.0.1;proto=http"), ("for=\"", "for=10.0.0.1;proto=http"),
        ("for=\"198.51.100.1\\", "for=10.0.0.1;proto=http"), ("\"for\"=198.51.100.1", "for=10.0.0.1;proto=http"),
    ])
    func `Forwarded is read as RFC 7239 has it`(value: String, expected: String) throws {
        #expect(try forwarded([("Forwarded", value)]) == expected)
    }

    @Test(arguments: [
        ("198.51.100.1", "https", "for=198.51.100.1;proto=https"),
        ("198.51.100.1", "HTTP", "for=198.51.100.1;proto=http"),
        ("198.51.100.1, 10.0.0.2", "https, http", "for=198.51.100.1;proto=https"),
        ("192.0.2.66, 198.51.100.1, 10.0.0.2", "https", "for=198.51.100.1;proto=https"),
        ("198.51.100.1, 10.0.0.2", "http, http, https", "for=198.51.100.1;proto=https"),
        ("198.51.100.1", "wss", "for=198.51.100.1;proto=http"), ("unknown", "https", "for=10.0.0.1;proto=http"),
    ])
    func `X-Forwarded-Proto is one for each step, or the nearest proxy's`(
        addresses: String, schemes: String, expected: String
    ) throws {
        #expect(try forwarded([("X-Forwarded-For", addresses), ("X-Forwarded-Proto", schemes)]) == expected)
    }

    @Test(arguments: [
        ("198.51.100.1", "example.com", "for=198.51.100.1;host=example.com;proto=http"),
        ("198.51.100.1", "example.com:8443", "for=198.51.100.1;host=\"example.com:8443\";proto=http"),
        ("198.51.100.1", "[2001:db8::1]", "for=198.51.100.1;host=\"[2001:db8::1]\";proto=http"),
        ("198.51.100.1, 10.0.0.2", "one.test, two.test", "for=198.51.100.1;host=one.test;proto=http"),
        ("192.0.2.66, 198.51.100.1, 10.0.0.2", "invented.test, one.test", "for=198.51.100.1;host=one.test;proto=http"),
        ("198.51.100.1", "a b", "for=198.51.100.1;proto=http"), ("198.51.100.1", "a\"b", "for=198.51.100.1;proto=http"),
        ("198.51.100.1", "user@one.test", "for=198.51.100.1;proto=http"),
        ("198.51.100.1", "", "for=198.51.100.1;proto=http"),
    ])
    func `X-Forwarded-Host is passed on where it is a host`(addresses: String, hosts: String, expected: String) throws {
        #expect(try forwarded([("X-Forwarded-For", addresses), ("X-Forwarded-Host", hosts)]) == expected)
    }

    @Test(arguments: [
        ("for=198.51.100.1;host=\"one.test:80\"", "for=198.51.100.1;host=\"one.test:80\";proto=http"),
        ("for=198.51.100.1;host=\"a;b\"", "for=198.51.100.1;proto=http"),
        ("for=198.51.100.1;host=one.test, for=10.0.0.2;host=two.test", "for=198.51.100.1;host=one.test;proto=http"),
        ("for=192.0.2.66;host=invented.test, for=198.51.100.1", "for=198.51.100.1;proto=http"),
    ])
    func `the host in Forwarded is passed on where it is one`(value: String, expected: String) throws {
        #expect(try forwarded([("Forwarded", value)]) == expected)
    }

    @Test func `a host alone is believed`() throws {
        #expect(try forwarded([("X-Forwarded-Host", "one.test")]) == "for=10.0.0.1;host=one.test;proto=http")
    }

    @Test func `several fields of a name are one list`() throws {
        let fields = [("X-Forwarded-For", "198.51.100.1"), ("x-forwarded-for", "10.0.0.2")]

        #expect(try forwarded(fields) == "for=198.51.100.1;proto=http")
    }

    @Test func `a scheme alone is believed`() throws {
        #expect(try forwarded([("X-Forwarded-Proto", "https")]) == "for=10.0.0.1;proto=https")
    }

    @Test func `of two lists that disagree none is believed`() throws {
        let differ = [("Forwarded", "for=192.0.2.66"), ("X-Forwarded-For", "198.51.100.1")]
        let agree = [("Forwarded", "for=198.51.100.1;proto=https"), ("X-Forwarded-For", "198.51.100.1")]

        #expect(try forwarded(differ) == "for=10.0.0.1;proto=http")
        #expect(try forwarded(agree) == "for=198.51.100.1;proto=https")
    }

    @Test(arguments: ["127.0.0.0/8", "10.0.0.0/8"])
    func `over the wire a peer is believed if it is trusted`(network: String) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler, { $0.trustedProxies = [network].compactMap { Network($0) } }) { edge in
            let client = try edge.client()
            try client.send(
                get("/1", "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.test\r\n"))
            _ = try client.reply()
            try client.send(get("/2", "Forwarded: for=198.51.100.2\r\n"))
            _ = try client.reply()
            try client.send(get("/3"))
            _ = try client.reply()

            let isTrusted = network == "127.0.0.0/8"
            let own = "127.0.0.1"
            #expect(
                handler.requests.map(\.client)
                    == (isTrusted ? ["198.51.100.1", "198.51.100.2", own] : [own, own, own]))
            #expect(handler.requests.map { $0.forwarded.contains("a.test") } == [isTrusted, false, false])
            #expect(handler.requests.map(\.scheme) == (isTrusted ? [.https, .http, .http] : [.http, .http, .http]))
        }
    }

    @Test(arguments: ["127.0.0.0/8", "::ffff:127.0.0.0/104", "10.0.0.0/8"])
    func `a peer of IPv4 is judged and named as such where a socket of IPv6 takes its connection`(
        network: String
    ) async throws {
        let handler = ScriptedHandler()
        let change = { (terms: inout Terms) in
            terms.listener.address = ListenAddress(host: "::ffff:127.0.0.1", port: 0)
            terms.trustedProxies = [network].compactMap { Network($0) }
        }
        try await withEdge(handler, change) { edge in
            let client = try edge.client()
            for said in ["198.51.100.1", "::ffff:198.51.100.1", "::ffff:c633:6401"] {
                try client.send(get("/", "X-Forwarded-For: \(said)\r\n"))
                _ = try client.reply()
            }

            let isTrusted = network != "10.0.0.0/8"
            let said = isTrusted ? "198.51.100.1" : "127.0.0.1"
            #expect(handler.requests.map(\.client) == [said, said, said])
        }
    }

    @Test(arguments: ["127.0.0.0/8", "10.0.0.0/8"])
    func `over HTTP/2 too`(network: String) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler, { $0.trustedProxies = [network].compactMap { Network($0) } }) { edge in
            let fields = ["X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.test"]
                .flatMap { ["--header", $0] }
            let options = ["--silent", "--max-time", "30", "--http2-prior-knowledge"]
            _ = try await output(of: "curl", options + fields + ["http://127.0.0.1:\(edge.port)/"])

            let isTrusted = network == "127.0.0.0/8"
            let expected = isTrusted ? "for=198.51.100.1;host=a.test;proto=https" : "for=127.0.0.1;proto=http"
            #expect(handler.requests.map(\.forwarded) == [expected])
            #expect(handler.requests.map(\.transport) == [.http2])
        }
    }

    @Test func `trust is in whom the PROXY protocol names`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(
            handler,
            {
                $0.listener.proxyProtocol = true
                $0.trustedProxies = ["192.0.2.7/32"].compactMap { Network($0) }
            }
        ) { edge in
            for address in ["192.0.2.7", "192.0.2.8"] {
                let client = try edge.client()
                try client.send("PROXY TCP4 \(address) 10.0.0.1 1 2\r\n" + get("/", "Forwarded: for=198.51.100.1\r\n"))
                _ = try client.reply()
            }

            #expect(handler.requests.map(\.client) == ["198.51.100.1", "192.0.2.8"])
        }
    }

    @Test func `networks are compared bit by bit`() throws {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "1.2.3.4", true),
            ("192.168.1.128/25", "192.168.1.129", true), ("192.168.1.128/25", "192.168.1.127", false),
            ("::/0", "10.0.0.1", false), ("0.0.0.0/0", "::1", false), ("fd00::/8", "fdff::1", true),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            // Networks of IPv4, written as ones of IPv6.
            ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("::ffff:10.0.0.0/104", "11.0.0.1", false),
            ("::ffff:0:0/96", "192.0.2.1", true), ("::ffff:0:0/96", "::1", false), ("::/64", "::ffff:1:1:1", true),
        ]
        for (network, address, isIn) in cases {
            let network = try #require(Network(network)), address = try #require(IPAddress(address))

            #expect(network.contains(address) == isIn, "\(network) \(address)")
        }
    }
}
