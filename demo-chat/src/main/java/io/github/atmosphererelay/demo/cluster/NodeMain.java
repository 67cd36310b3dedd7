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

package io.github.atmosphererelay.demo.cluster;

import java.io.IOException;

import io.github.atmosphererelay.demo.DemoChatApplication;

/**
 * A node as a process of its own. It ends in good order when its standard input does:
 * that is how the cluster stops it, and what happens when the cluster itself has gone,
 * however it went.
 */
public final class NodeMain {

	private NodeMain() {
	}

	public static void main(String[] args) {
		endWithInput();
		DemoChatApplication.main(args);
	}

	/**
	 * End this process when its standard input ends.
	 */
	static void endWithInput() {
		Thread watcher = new Thread(NodeMain::awaitEndOfInput, "input");
		watcher.setDaemon(true);
		watcher.start();
	}

	private static void awaitEndOfInput() {
		try {
			while (System.in.read() >= 0) {
				// Nothing is said there
			}
		}
		catch (IOException ex) {
			// As good as its end
		}
		System.exit(0);
	}

}
