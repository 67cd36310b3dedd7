/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The account under which a server runs that refuses to run as root.
 *
 * @param prefix what a command begins with so that it runs under the account
 * @param userId the owner of the server's files, or a negative number if the account is
 * the one of this process
 */
record Account(List<String> prefix, int userId) {

	/** The user {@code nobody} of every Linux. */
	private static final int NOBODY = 65534;

	/**
	 * Find an account that is not root. Skips the test if this process is root and cannot
	 * become anybody else.
	 * @param product what the test is skipped on
	 * @return the account of this process, unless that is root
	 */
	static Account unprivileged(String product) {
		if (!isRoot()) {
			return new Account(List.of(), -1);
		}
		// The second one works where root is not allowed to change its user
		return Stream
			.of(new Account(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"), NOBODY),
					new Account(List.of("unshare", "-U"), -1))
			.filter((account) -> Programs.succeeds(account.command("true")))
			.findFirst()
			.orElseGet(() -> Programs.skip(product,
					"it refuses to run as root, and neither setpriv nor unshare can make it run as somebody else"));
	}

	private static boolean isRoot() {
		return "root".equals(System.getProperty("user.name"));
	}

	/**
	 * Return a command that runs under this account.
	 * @param command the program and its arguments
	 * @return the whole command
	 */
	List<String> command(String... command) {
		List<String> all = new ArrayList<>(this.prefix);
		all.addAll(List.of(command));
		return all;
	}

	/**
	 * Give a file or directory to this account.
	 * @param file the file
	 */
	void own(Path file) throws IOException {
		if (this.userId >= 0) {
			Files.setAttribute(file, "unix:uid", this.userId);
		}
	}

}
