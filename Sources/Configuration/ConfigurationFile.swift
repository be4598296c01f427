// From the path of a file to settings that make sense, or to everything that is wrong with them.

import Glibc

/// The version of the libcurl that runs: some settings need a later one.
package struct LibcurlVersion: Sendable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(major: Int, minor: Int, patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    package var description: String { "\(major).\(minor).\(patch)" }
}

package enum ConfigurationFile {
    /// Reads and checks the file at `path`, and the contract that it names.
    ///
    /// Relative paths in it start at its own folder. Other files that it names (keys, certificates) are not opened.
    /// - Throws: everything that is wrong, at once.
    package static func load(
        path: String, environment: [String: String], libcurl: LibcurlVersion
    ) throws(ConfigurationProblems) -> Settings {
        let text: String
        do {
            text = try FileText.read(path)
        } catch {
            throw ConfigurationProblems([Problem(file: path, line: 1, column: 1, message: error.reason)])
        }
        return try read(
            text, file: path, folder: FileText.folder(of: path), environment: environment, libcurl: libcurl)
    }

    /// Reads and checks a configuration's text.
    /// - Parameters:
    ///   - file: how problems name it.
    ///   - folder: where its relative paths start; absolute.
    /// - Throws: everything that is wrong, at once.
    package static func read(
        _ text: String, file: String, folder: String, environment: [String: String], libcurl: LibcurlVersion
    ) throws(ConfigurationProblems) -> Settings {
        let yaml: YAMLText
        do {
            yaml = try YAMLText(text, file: file)
        } catch {
            throw ConfigurationProblems([error])
        }
        let reading = Reading(yaml, file: file, folder: folder, environment: environment, libcurl: libcurl)
        guard let root = Section(root: reading) else { throw ConfigurationProblems(reading.problems) }

        var draft = root.wholeFile()
        let contract = contract(named: draft.contractFile, reading)
        for route in draft.routes {
            PlanChecks(route: route, upstreams: draft.settings.upstreams, contract: contract, reading: reading).run()
        }
        RouteOverlap.check(draft.routes, readyz: draft.settings.server.readyz, reading)

        guard reading.problems.isEmpty, let contract else { throw ConfigurationProblems(reading.problems) }
        draft.settings.routes = draft.routes.compactMap(\.settings)
        draft.settings.contract.schemas = contract.schemas
        draft.settings.contract.memberOrder = contract.memberOrder
        return draft.settings
    }

    /// The contract the file names, or the built-in one. Nil: it cannot be used, which was reported.
    private static func contract(named file: Located<String>?, _ reading: Reading) -> ContractDocument? {
        guard let file else { return reading.isUnreadable("contract.file") ? nil : .builtIn }
        let text: String
        do {
            text = try FileText.read(file.value)
        } catch {
            reading.report(file.place, "the contract \(file.shown) \(error.reason)")
            return nil
        }
        do {
            return try ContractDocument.read(text, file: file.text.written)
        } catch {
            reading.report(error)
            return nil
        }
    }
}

/// A text file.
private enum FileText {
    struct Unreadable: Error {
        /// Completes a sentence that begins with the file's name.
        let reason: String
    }

    /// No configuration is longer; a device or a log taken for one is.
    private static let longest = 4 << 20

    static func read(_ path: String) throws(Unreadable) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(reason: "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }

        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= longest {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(reason: "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 {
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw Unreadable(reason: "cannot be read: it is not UTF-8")
                }
                return text
            }
            bytes += chunk[..<count]
        }
        throw Unreadable(reason: "is longer than 4MiB, which no configuration is")
    }

    /// The folder of a file, absolute.
    static func folder(of path: String) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) }
        if path.hasPrefix("/") { return folder ?? "/" }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let bytes = getcwd(&buffer, buffer.count) == nil ? [] : buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        let current = bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        return [current, folder].compactMap { $0 }.joined(separator: "/")
    }
}
