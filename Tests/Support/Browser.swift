// A real browser, Debian's Chromium, led by a test: pages are opened at a width, looked at and clicked on. Spoken to by the
// DevTools protocol over two pipes.

import Foundation
import Glibc

/// One browser with one page. Blocks while it waits, half a minute at most: it is for `Browser.run`, which has a thread for it.
package final class Browser {
    package struct Lost: Error, CustomStringConvertible {
        package let description: String
    }

    private let process: pid_t
    private let commands: CInt
    private let answers: CInt
    private let profile: URL
    private var received: [UInt8] = []
    private var number = 0
    private var session: String?
    private var isLoaded = false
    /// What the page complained of: breaches of its policy, errors of its script.
    package private(set) var complaints: [String] = []
    /// The addresses that the page asked.
    package private(set) var requests: [String] = []

    /// Runs `body` with a browser, on a thread of its own.
    package static func run<Result: Sendable>(
        _ body: @escaping @Sendable (Browser) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        let browser = try Browser()
                        defer { browser.end() }
                        return try body(browser)
                    })
            }
        }
    }

    private init() throws {
        profile = FileManager.default.temporaryDirectory.appending(path: "gateway-browser-\(UUID().uuidString)")
        var toBrowser: [CInt] = [0, 0], fromBrowser: [CInt] = [0, 0]
        guard pipe(&toBrowser) == 0, pipe(&fromBrowser) == 0 else { throw CannotRun(code: errno) }
        for end in toBrowser + fromBrowser { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        commands = toBrowser[1]
        answers = fromBrowser[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in 0...2 as ClosedRange<CInt> {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", stream == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        // Out of the way of 3 and 4, where the browser expects them.
        posix_spawn_file_actions_adddup2(&actions, toBrowser[0], 203)
        posix_spawn_file_actions_adddup2(&actions, fromBrowser[1], 204)
        posix_spawn_file_actions_adddup2(&actions, 203, 3)
        posix_spawn_file_actions_adddup2(&actions, 204, 4)
        for descriptor in 5..<1024 as Range<CInt> { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let words = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--user-data-dir=\(profile.path)",
            "--remote-debugging-pipe", "about:blank",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process = pid_t()
        let code = posix_spawnp(&process, "chromium", &actions, nil, &arguments, environ)
        close(toBrowser[0])
        close(fromBrowser[1])
        guard code == 0 else {
            close(commands)
            close(answers)
            throw CannotRun(code: code)
        }
        self.process = process
    }

    private func end() {
        do { _ = try command("Browser.close", [:], isPage: false) } catch { kill(process, SIGKILL) }
        close(commands)
        close(answers)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        do { try FileManager.default.removeItem(at: profile) } catch { complaints.append("\(error)") }
    }

    /// Opens `url` in a page `width` CSS pixels wide.
    package func open(_ url: String, width: Int, isDark: Bool = false) throws {
        let target = try command("Target.createTarget", ["url": "about:blank"], isPage: false)
        let attached = try command(
            "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true], isPage: false)
        session = attached["sessionId"] as? String
        for domain in ["Runtime", "Log", "Network", "Page"] { _ = try command("\(domain).enable", [:]) }
        _ = try command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500])
        _ = try command(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]])
        isLoaded = false
        _ = try command("Page.navigate", ["url": url])
        while !isLoaded { note(try next()) }
    }

    /// What a JavaScript expression is in the page; of a promise what it becomes.
    @discardableResult
    package func evaluate(_ expression: String) throws -> Any? {
        let answer = try command(
            "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true])
        if let details = answer["exceptionDetails"] { throw Lost(description: "\(expression): \(details)") }
        return (answer["result"] as? [String: Any])?["value"]
    }

    /// Waits until an expression is true in the page.
    package func wait(until expression: String) throws {
        try evaluate(
            """
            new Promise((done, lost) => {
              const end = Date.now() + 20000;
              const look = () => (\(expression)) ? done(true)
                : Date.now() > end ? lost(new Error("never: " + document.body.innerText)) : setTimeout(look, 20);
              look();
            })
            """)
    }

    /// The page as a person reads it.
    package var text: String {
        get throws { try evaluate("document.body.innerText") as? String ?? "" }
    }

    private func command(_ method: String, _ parameters: [String: Any], isPage: Bool = true) throws -> [String: Any] {
        number += 1
        var message: [String: Any] = ["id": number, "method": method, "params": parameters]
        if isPage, let session { message["sessionId"] = session }
        let bytes = Array(try JSONSerialization.data(withJSONObject: message)) + [0]
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(commands, $0.baseAddress?.advanced(by: sent), bytes.count - sent)
            }
            guard count > 0 else { throw Lost(description: "the browser is gone before \(method)") }
            sent += count
        }
        while true {
            let answer = try next()
            note(answer)
            guard answer["id"] as? Int == number else { continue }
            if let error = answer["error"] { throw Lost(description: "\(method): \(error)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }

    private func note(_ event: [String: Any]) {
        let parameters = event["params"] as? [String: Any]
        switch event["method"] as? String {
        case "Runtime.exceptionThrown", "Log.entryAdded": complaints.append("\(parameters ?? [:])")
        case "Page.loadEventFired": isLoaded = true
        case "Network.requestWillBeSent":
            if let request = parameters?["request"] as? [String: Any], let url = request["url"] as? String {
                requests.append(url)
            }
        default: break
        }
    }

    /// The next message; a NUL ends each.
    private func next() throws -> [String: Any] {
        while true {
            if let end = received.firstIndex(of: 0) {
                let message = Data(received[..<end])
                received.removeSubrange(...end)
                return try JSONSerialization.jsonObject(with: message) as? [String: Any] ?? [:]
            }
            var ready = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 30_000) == 1 else { throw Lost(description: "the browser says nothing") }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(answers, &chunk, chunk.count)
            guard count > 0 else { throw Lost(description: "the browser is gone") }
            received += chunk[..<count]
        }
    }
}
