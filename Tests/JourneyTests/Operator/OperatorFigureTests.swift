// The JSON behind the operator's page: each figure says what happened.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OperatorFigureTests {
    @Test func `overview counts requests, their failures and what is in flight`() async throws {
        try await withGateway(script: .parts(["contact": [.status(500)]])) { gateway in
            for conversation in [Fixtures.active, Fixtures.active, Fixtures.new] {
                _ = try await gateway.get(conversation)
            }
            _ = try await gateway.get("/nowhere")

            let overview = try await gateway.document("overview")

            let traffic = try #require(overview["traffic"] as? [String: Any])
            let seconds = try #require(overview["windowSeconds"] as? Double)
            #expect(overview["state"] as? String == "serving")
            #expect((overview["uptimeSeconds"] as? Double ?? 0) > 0)
            #expect(abs((try #require(traffic["perSecond"] as? Double)) * seconds - 4) < 2)
            #expect((traffic["serverErrorsPerSecond"] as? Double ?? 0) > 0)
            #expect((traffic["clientErrorsPerSecond"] as? Double ?? 0) > 0)
            #expect((traffic["p50Ms"] as? Double ?? 0) > 0)
            #expect((traffic["p99Ms"] as? Double ?? 0) >= (traffic["p50Ms"] as? Double ?? .infinity))
            #expect(traffic["inFlight"] as? Int == 0)
            #expect(traffic["inFlightMost"] as? Int == 1024)
            #expect((overview["history"] as? [String: Any])?.count == 4)
            #expect(((overview["process"] as? [String: Any])?["residentBytes"] as? Int ?? 0) > 1_000_000)
            let attention = try #require((overview["attention"] as? [[String: Any]])?.first)
            #expect(attention["severity"] as? String == "bad")
            #expect(attention["what"] as? String == "conversation: 2 of 3 requests failed")
            #expect(attention["detail"] as? String == "in the last minute: contact (crm) 2 upstream server error")
        }
    }

    @Test func `routes show their plan, and how each part does`() async throws {
        try await withGateway(script: .parts(["account": [.status(500)]])) { gateway in
            _ = try await gateway.get(Fixtures.active)

            let route = try row(try await gateway.list("routes"), "name", "conversation")

            #expect(route["criticalPath"] as? [String] == ["conversation", "contact"])
            let account = try row(route["parts"], "name", "account")
            let contact = try row(route["parts"], "name", "contact")
            #expect(account["waitsFor"] as? [String] == ["conversation"])
            let failures = (account["live"] as? [String: Any])?["failures"]
            #expect(try row(failures, "kind", "upstream_server_error")["count"] as? Int == 1)
            #expect((contact["live"] as? [String: Any])?["count"] as? Int == 1)
            #expect(((route["traffic"] as? [String: Any])?["p99Ms"] as? Double ?? 0) > 0)
        }
    }

    @Test func `upstreams show their endpoints, and circuits that are open`() async throws {
        try await withGateway(
            script: .parts(["contact": [.status(503)], "account": [.status(503)]]),
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.circuit.calls = 4 }
            },
            { gateway in
                for _ in 0..<4 { _ = try await gateway.get(Fixtures.active) }

                let crm = try row(try await gateway.list("upstreams"), "name", "crm")
                let well = try row(try await gateway.list("upstreams"), "name", "conversations")
                let overview = try await gateway.document("overview")

                let endpoint = try #require((crm["endpoints"] as? [[String: Any]])?.first)
                #expect(endpoint["circuit"] as? String == "open")
                #expect((endpoint["opensForSeconds"] as? Double ?? 0) > 0)
                #expect(endpoint["address"] as? String == gateway.stubs.crmURL)
                #expect(endpoint["healthy"] is NSNull)
                #expect(crm["ill"] as? Bool == true)
                #expect(well["ill"] as? Bool == false)
                #expect(try row(crm["failures"], "kind", "upstream_server_error")["count"] as? Int ?? 0 >= 2)
                let attention = (overview["attention"] as? [[String: Any]])?.map { $0["what"] as? String }
                #expect(attention?.contains("crm: circuit open") == true)
            })
    }

    @Test func `upstreams show how many connections are open to each endpoint, and how many are in use`() async throws {
        let gate = Gate(limit: .seconds(60))
        try await withGateway(script: .parts(["contact": [.hold(gate)]])) { gateway in
            func connections(_ upstream: String) async throws -> [Int?] {
                let found = try row(try await gateway.list("upstreams"), "name", upstream)
                let endpoint = try #require((found["endpoints"] as? [[String: Any]])?.first)
                return [endpoint["connectionsIdle"] as? Int, endpoint["connectionsInUse"] as? Int]
            }
            func figure(_ upstream: String, _ state: String) async throws -> String? {
                let name = "gateway_endpoint_connections{upstream=\"\(upstream)\""
                return try await gateway.figures().split(separator: "\n").map(String.init)
                    .first { $0.hasPrefix(name) && $0.contains("state=\"\(state)\"") }
            }
            let before = try await connections("crm")
            let client = try gateway.begin(Fixtures.active)
            try await gate.waitUntil(arrived: 1)
            // The account's call has come back.
            #expect(try await eventually { try await connections("crm") == [1, 1] })
            let conversations = try await connections("conversations")
            let (inUse, idle) = (try await figure("crm", "in_use"), try await figure("crm", "idle"))
            await gate.open()
            let reply = try await client.reply()

            #expect(before == [0, 0] && reply.status == 200)
            #expect(conversations.last == 0 && (conversations[0] ?? 0) > 0)
            #expect(inUse?.hasSuffix(" 1") == true && idle?.hasSuffix(" 1") == true)
            #expect(try await eventually { try await connections("crm") == [2, 0] })
            gateway.stubs.replace(script: .parts(["contact": [.close(.headers)], "account": [.close(.headers)]]))
            _ = try await gateway.get(Fixtures.active)
            #expect(try await eventually { try await connections("crm") == [0, 0] })
        }
    }

    @Test func `failures are the last, with their request ids and the part at fault`() async throws {
        try await withGateway(script: .parts(["messages": [.status(500)]])) { gateway in
            for id in ["first", "second"] { _ = try await gateway.get(Fixtures.active, [("X-Request-Id", id)]) }

            let failures = try await gateway.list("failures")

            #expect(failures.map { $0["id"] as? String } == ["second", "first"])
            #expect(failures[0]["status"] as? Int == 502)
            #expect(failures[0]["failure"] as? String == "upstream_server_error")
            #expect(failures[0]["part"] as? String == "messages")
            #expect(failures[0]["upstream"] as? String == "conversations")
            #expect(failures[0]["tenant"] as? String == Fixtures.tenantA)
        }
    }

    @Test func `an answer with a missing part is among the failures`() async throws {
        try await withGateway(
            script: .parts(["contact": [.status(500)]]),
            settings: {
                $0.tryOnce()
                $0.change(part: "contact") { $0.onFailure = .null }
            },
            { gateway in
                _ = try await gateway.get(Fixtures.active)

                let failures = try await gateway.list("failures")

                #expect(failures.first?["status"] as? Int == 200)
                #expect(failures.first?["part"] as? String == "contact")
                #expect(failures.first?["failure"] as? String == "upstream_server_error")
            })
    }

    @Test func `the slowest come first, and each has its waterfall`() async throws {
        try await withGateway(script: .parts(["account": [.delay(.fixed(.milliseconds(150)))]])) { gateway in
            _ = try await gateway.get(Fixtures.consumer, [("X-Request-Id", "fast")])
            _ = try await gateway.get(Fixtures.active, [("X-Request-Id", "slow")])

            let slowest = try await gateway.list("slowest")
            let waterfall = try #require(try await gateway.ask("/admin/waterfalls/slow.json").object)

            #expect(slowest.map { $0["id"] as? String } == ["slow", "fast"])
            #expect(slowest[0]["part"] as? String == "account")
            #expect((slowest[0]["totalMs"] as? Double ?? 0) >= 150)
            let account = try row(waterfall["parts"], "name", "account")
            let attempt = try #require((account["attempts"] as? [[String: Any]])?.first)
            #expect(account["critical"] as? Bool == true)
            #expect(account["outcome"] as? String == "fetched")
            #expect((attempt["firstByteMs"] as? Double ?? 0) >= 140)
            #expect(attempt["endpoint"] as? String == gateway.stubs.crmURL)
            #expect(attempt["newConnection"] is Bool)
            #expect(attempt["status"] as? Int == 200)
            #expect((waterfall["overheadMs"] as? Double ?? 0) > 0)
            #expect((waterfall["overheadMs"] as? Double ?? 1000) < 150)
            #expect(waterfall["key"] as? String == "a")
        }
    }

    @Test func `a call that is tried again says why, and after how long`() async throws {
        try await withGateway(
            script: Script(rules: [Rule(service: .crm, path: "/contacts/{id}", calls: .first(1), .status(503))]),
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.retries.attempts = 1 }
            },
            { gateway in
                let reply = try await gateway.get(
                    RunningGateway.path(Fixtures.active), key: gateway.explainingKey,
                    [("X-Gateway-Explain", "1"), ("X-Request-Id", "again")])

                let waterfall = try #require(try await gateway.ask("/admin/waterfalls/again.json").object)

                #expect(reply.status == 200)
                let attempts = try #require(
                    try row(waterfall["parts"], "name", "contact")["attempts"] as? [[String: Any]])
                #expect(attempts.map { $0["why"] as? String } == ["first", "retry"])
                #expect(attempts.map { $0["status"] as? Int } == [503, 200])
                #expect(attempts[0]["failure"] as? String == "upstream_server_error")
                #expect(attempts[1]["after"] as? String == "upstream_server_error")
                #expect(attempts[1]["pauseMs"] is Double)
            })
    }

    @Test func `configuration shows what is set, and masks what is secret`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") {
                    $0.headers = [UpstreamSettings.Header(name: "Authorization", value: "Bearer hunter2")]
                }
            },
            { gateway in
                let reply = try await gateway.ask("/admin/configuration.json")

                let upstreams = try #require(reply.object?["upstreams"] as? [String: [String: Any]])
                #expect(upstreams["crm"]?["headers"] as? [String: String] == ["Authorization": "***"])
                #expect(upstreams["crm"]?["endpoints"] as? [String] == [gateway.stubs.crmURL])
                #expect(!reply.text.contains("hunter2"))
            })
    }

    @Test func `what there is not is 404, and other methods are refused`() async throws {
        try await withGateway { gateway in
            for path in [
                "/admin/", "/admin/overview", "/admin/waterfalls/none.json", "/admin/waterfalls/..%2f.json",
                "/admin/waterfalls/.json", "/adminx", "/index.html",
            ] {
                #expect(try await gateway.ask(path).status == 404, "\(path)")
            }
            let post = try await gateway.ask("/admin/overview.json", method: "POST")
            let delete = try await gateway.ask("/", method: "DELETE")
            let head = try await gateway.ask("/admin/overview.json", method: "HEAD")

            #expect(post.status == 405 && delete["Allow"] == "GET, HEAD" && head.status == 200)
            #expect(try await gateway.get("/admin/overview.json").status == 404)
        }
    }
}
