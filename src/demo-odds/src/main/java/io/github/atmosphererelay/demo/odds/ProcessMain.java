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

import io.github.atmosphererelay.cluster.Cluster;

import org.springframework.boot.SpringApplication;

/**
 * A node or a reducer, which ends with the process that has started it: also if that was
 * killed, since then its standard input ends.
 */
public final class ProcessMain {

	/**
	 * Printed when it has started, before the id by which the other processes know it.
	 */
	static final String STARTED = "odds-demo: started as ";

	private ProcessMain() {
	}

	public static void main(String[] args) {
		Thread watcher = new Thread(ProcessMain::awaitEndOfInput, "input");
		watcher.setDaemon(true);
		watcher.start();
		Cluster cluster = SpringApplication.run(OddsApplication.class, args).getBean(Cluster.class);
		System.out.println(STARTED + cluster.self().id());
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
