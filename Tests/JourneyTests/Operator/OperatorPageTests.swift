// The operator's page in a real browser: what an operator sees of what happened.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OperatorPageTests {
    @Test func `shows what is wrong first, then figures, failures, plans and the waterfall of a failure`() async throws
    {
        try await withGateway(script: .parts(["contact": [.status(500)]])) { gateway in
            for number in 0..<3 { _ = try await gateway.get(Fixtures.active, [("X-Request-Id", "broken-\(number)")]) }
            _ = try await gateway.get(Fixtures.new, [("X-Request-Id", "whole")])
            let address = "http://127.0.0.1:\(gateway.adminPort)"

            try await Browser.run { browser in
                try browser.open(address + "/", width: 1200)
                try browser.wait(until: "document.body.dataset.state === 'live'")
                let verdict = try browser.evaluate("document.getElementById('verdict').innerText") as? String ?? ""
                #expect(verdict.hasPrefix("Something is wrong"))
                #expect(verdict.contains("conversation: 3 of 4 requests failed"))
                #expect(verdict.contains("contact (crm) 3 upstream server error"))
                let text = try browser.text
                for shown in ["broken-2", "upstream server error in contact (crm)", "whole", "circuit closed", "crm"] {
                    #expect(text.contains(shown), "\(shown)")
                }
                #expect(text.contains("GET /api/conversations/{id}"))
                #expect(text.contains("longest path conversation → contact: at most"))
                #expect(try browser.evaluate("document.querySelectorAll('#routes svg .node').length") as? Int == 6)
                #expect(try browser.evaluate("document.querySelectorAll('#routes svg .node.bad').length") as? Int == 1)

                try browser.evaluate("document.querySelector('#failures button').click()")
                try browser.wait(until: "document.querySelector('#failures .waterfall .track i')")
                let waterfall = try browser.evaluate("document.querySelector('.waterfall').innerText") as? String ?? ""
                for shown in ["broken-2", "attentionItems", "status 500", "waiting for the answer"] {
                    #expect(waterfall.contains(shown), "\(shown)")
                }

                try browser.evaluate("document.getElementById('configuration').open = true")
                try browser.wait(until: "document.querySelector('#configuration pre').innerText.includes('upstreams')")
                #expect(browser.complaints.isEmpty, "\(browser.complaints)")
                #expect(browser.requests.allSatisfy { $0.hasPrefix(address) || $0.hasPrefix("data:") })
            }
        }
    }

    @Test func `a waterfall stays open until it is closed, however many requests fail after it`() async throws {
        try await withGateway(script: .parts(["contact": [.status(500)]])) { gateway in
            _ = try await gateway.get(Fixtures.active, [("X-Request-Id", "looked-at")])
            let address = "http://127.0.0.1:\(gateway.adminPort)/"
            let (opened, isOpen) = AsyncStream<Void>.makeStream()
            async let seen: Void = Browser.run { browser in
                defer { isOpen.finish() }
                let rows = "[...document.querySelectorAll('#failures .row')]"
                let row = rows + ".find((row) => row.innerText.includes('looked-at'))"
                try browser.open(address, width: 800)
                try browser.wait(until: row)
                try browser.evaluate("window.row = \(row); row.firstChild.click(); row.firstChild.focus()")
                try browser.wait(until: "document.querySelector('#failures .waterfall .track i')")
                isOpen.finish()
                try browser.wait(until: "document.querySelectorAll('#failures .row').length === 21")
                let stays = "!!row.querySelector('.waterfall') && document.activeElement === row.firstChild"
                #expect(try browser.evaluate(stays) as? Bool == true)
                // As a browser does that lost its connection.
                try browser.evaluate("window.before = lastCame; follow()")
                try browser.wait(until: "lastCame > before + 1500")
                #expect(try browser.evaluate(stays) as? Bool == true)
                try browser.evaluate("row.firstChild.click()")
                try browser.wait(until: "!row.isConnected && document.querySelectorAll('#failures .row').length === 20")
                #expect(browser.complaints.isEmpty, "\(browser.complaints)")
            }
            for await _ in opened {}
            for _ in 0..<25 { _ = try await gateway.get(Fixtures.active) }
            try await seen
        }
    }

    @Test func `goes on by itself, and says when it does not`() async throws {
        try await withGateway { gateway in
            let address = "http://127.0.0.1:\(gateway.adminPort)/"
            let (pageIsOpen, page) = AsyncStream<Void>.makeStream()
            async let seen: Void = Browser.run { browser in
                defer { page.finish() }
                try browser.open(address, width: 800)
                try browser.wait(until: "document.body.innerText.includes('All is well')")
                page.finish()
                try browser.wait(until: "document.body.innerText.includes('later-on')")
                try browser.evaluate("document.getElementById('find-id').value = 'no-such-id'")
                try browser.evaluate("document.querySelector('#find button').click()")
                try browser.wait(until: "document.body.innerText.includes('It is not kept')")
            }
            for await _ in pageIsOpen {}
            _ = try await gateway.get(Fixtures.active, [("X-Request-Id", "later-on")])
            try await seen
        }
    }

    @Test(arguments: [false, true]) func `fits a telephone of 360 pixels, by day and by night`(isDark: Bool)
        async throws
    {
        try await withGateway(script: .parts(["messages": [.status(500)]])) { gateway in
            let longest = String(repeating: "x", count: 128)
            _ = try await gateway.get(Fixtures.active, [("X-Request-Id", longest)])
            let address = "http://127.0.0.1:\(gateway.adminPort)/"

            try await Browser.run { browser in
                try browser.open(address, width: 360, isDark: isDark)
                try browser.wait(until: "document.body.dataset.state === 'live'")
                try browser.evaluate("document.querySelector('#failures button').click()")
                try browser.wait(until: "document.querySelector('#failures .waterfall .track i')")

                #expect(try browser.evaluate("document.documentElement.scrollWidth") as? Int == 360)
                #expect(try browser.evaluate("innerWidth") as? Int == 360)
                let ground = try browser.evaluate("getComputedStyle(document.body).backgroundColor") as? String
                #expect(ground == (isDark ? "rgb(14, 17, 20)" : "rgb(246, 247, 248)"))
                #expect(browser.complaints.isEmpty, "\(browser.complaints)")
            }
        }
    }

    @Test func `a telephone shows names in full, each route, and a graph whose lines run behind no box`() async throws {
        try await withGateway(script: .parts(["messages": [.status(500)]])) { gateway in
            _ = try await gateway.get(Fixtures.active)
            let address = "http://127.0.0.1:\(gateway.adminPort)/"
            // A part behind two, one of which began at once: its lines go down and round.
            let other = """
                { name: "both", criticalPath: ["a", "c", "d"], parts: [
                  { name: "a", waitsFor: [], level: 0 }, { name: "b", waitsFor: [], level: 0 },
                  { name: "c", waitsFor: ["a"], level: 1 }, { name: "d", waitsFor: ["b", "c"], level: 2 }] }
                """

            try await Browser.run { browser in
                try browser.open(address, width: 390)
                try browser.wait(until: "document.querySelector('#failures button')")
                try browser.evaluate("document.querySelector('#failures button').click()")
                try browser.wait(until: "document.querySelector('#failures .waterfall .track i')")

                func isSo(_ expression: String) throws -> Bool { try browser.evaluate(expression) as? Bool == true }
                let names = "[...document.querySelectorAll('.bars .name')]"
                #expect(try isSo("\(names).every((name) => name.scrollWidth <= name.clientWidth)"))
                let endpoint = gateway.stubs.crmURL.replacing("http://", with: "")
                #expect(try browser.text.contains("1. \(endpoint)"))
                #expect(try isSo("document.querySelector('#failures button').innerText.includes('conversation')"))
                #expect(try isSo("document.querySelector('#routes svg').textContent.includes('request')"))
                #expect(try isSo("\(Self.pointsBehindBoxes)(document.querySelector('#routes svg')) === 0"))
                try browser.evaluate("byId('routes').append(graphDown(\(other), 340))")
                #expect(try isSo("document.querySelectorAll('#routes > svg .edge').length === 5"))
                #expect(try isSo("\(Self.pointsBehindBoxes)(document.querySelector('#routes > svg')) === 0"))
            }
        }
    }

    /// How many points of a graph's lines lie within its boxes.
    private static let pointsBehindBoxes = """
        ((picture) => {
          const boxes = [...picture.querySelectorAll('.node')].map((node) => node.getBBox());
          let count = 0;
          for (const path of picture.querySelectorAll('.edge')) {
            for (let way = 0; way < path.getTotalLength(); way += 2) {
              const at = path.getPointAtLength(way);
              if (boxes.some((box) => at.x > box.x + 1 && at.x < box.x + box.width - 1
                && at.y > box.y + 1 && at.y < box.y + box.height - 1)) count += 1;
            }
          }
          return count;
        })
        """

    @Test(arguments: [false, true]) func `pieces of a waterfall can be told apart without their colours`(isDark: Bool)
        async throws
    {
        try await withGateway(script: .parts(["messages": [.status(500)]])) { gateway in
            _ = try await gateway.get(Fixtures.active)
            let address = "http://127.0.0.1:\(gateway.adminPort)/"

            try await Browser.run { browser in
                try browser.open(address, width: 800, isDark: isDark)
                try browser.wait(until: "document.querySelector('#failures button')")
                try browser.evaluate("document.querySelector('#failures button').click()")
                try browser.wait(until: "document.querySelector('#failures .waterfall .track i')")
                let told = try browser.evaluate(Self.looksOfPieces) as? [String: [String: Any]] ?? [:]

                #expect(told.count == 7)
                for (kind, look) in told {
                    #expect((look["contrast"] as? Double ?? 0) >= 3, "\(kind)")
                    #expect(look["separator"] as? Bool == true, "\(kind)")
                }
                // The one without a pattern is the one that most of the time goes to; a part's bar is thin.
                let patterns = told.filter { $0.key != "part" }.map { $0.value["pattern"] as? String ?? "" }
                #expect(Set(patterns).count == 6, "\(patterns)")
                #expect((told["part"]?["height"] as? Double ?? 99) < (told["wait"]?["height"] as? Double ?? 0) / 2)
            }
        }
    }

    /// Puts a piece of each kind on a line of the waterfall: its contrast to the line (WCAG 2.2, 1.4.11), what lies between it and
    /// the next, its pattern, its height.
    private static let looksOfPieces = """
        (() => {
          const track = document.querySelector('#failures .track'), looks = {};
          const channels = (color) => color.match(/[0-9.]+/g).slice(0, 3).map((value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          });
          const light = (color) => {
            const [red, green, blue] = channels(color);
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
          };
          const ground = getComputedStyle(track).backgroundColor;
          for (const [kind] of legend) {
            const piece = el("i", { class: kind, left: "10%", width: "20%" });
            track.append(piece);
            const style = getComputedStyle(piece), pair = [light(style.backgroundColor), light(ground)];
            looks[kind] = {
              contrast: Math.max(...pair) / Math.min(...pair), height: piece.getBoundingClientRect().height,
              separator: parseFloat(style.borderRightWidth) >= 1 && style.borderRightColor === ground,
              pattern: style.backgroundImage.replace(/rgb[^)]*\\)/g, ""),
            };
            piece.remove();
          }
          return looks;
        })()
        """

    @Test func `cannot be read by a page from elsewhere, nor be shown in its frame`() async throws {
        try await withGateway { gateway in
            let address = "http://127.0.0.1:\(gateway.adminPort)/"
            let stranger = try PageServer(
                page: Array(
                    """
                    <!DOCTYPE html><title>stranger</title><body><iframe src="\(address)"></iframe><script>
                    fetch("\(address)admin/overview.json").then(() => document.body.append("READ"),
                      () => document.body.append("KEPT"));
                    </script>
                    """.utf8))

            try await Browser.run { browser in
                try browser.open(stranger.origin, width: 800)
                try browser.wait(until: "document.body.innerText.includes('KEPT')")

                #expect(browser.complaints.contains { $0.contains("frame-ancestors") })
            }
        }
    }
}
