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

package io.github.atmosphererelay.demo.odds;

import java.io.IOException;

import org.springframework.boot.SpringApplication;

/**
 * A node or a reducer, which ends with the process that has started it: also if that was
 * killed, since then its standard input ends.
 */
public final class ProcessMain {

	/** Printed when it has started. */
	static final String STARTED = "odds-demo: started";

	private ProcessMain() {
	}

	public static void main(String[] args) {
		Thread watcher = new Thread(ProcessMain::awaitEndOfInput, "input");
		watcher.setDaemon(true);
		watcher.start();
		SpringApplication.run(OddsApplication.class, args);
		System.out.println(STARTED);
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
