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

package io.github.atmosphererelay.door.internal;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ServerCapacity}.
 */
class ServerCapacityTests {

	private final AtomicInteger connections = new AtomicInteger();

	@Test
	void aServerThatIsNotKnownYetHasRoom() {
		assertThat(new ServerCapacity(null).hasRoom(8080, 1_000_000)).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "8192, 1000000, , 7680", "8192, 1000000, 100, 8092", "8192, 1000000, 0, 8192", "8192, 1024, , 960",
			"-1, 16000, , 15000", "10, 1000, , 9", "10, 1000, 10, 1", "8192, 0, , 1" })
	void someConnectionsAreKept(int limit, int files, Integer reserved, int most) {
		ServerCapacity capacity = new ServerCapacity(reserved);
		ServerConnections server = new ServerConnections(8080, limit, this.connections::get);
		capacity.serve(List.of(server), files);
		assertThat(capacity.most(server)).isEqualTo(most);
		this.connections.set(most);
		assertThat(capacity.hasRoom(8080, 0)).as("the last one, which counts already").isTrue();
		this.connections.set(most + 1);
		assertThat(capacity.hasRoom(8080, 0)).isFalse();
	}

	@Test
	void webSocketsCountWhereTheServerDoesNot() {
		ServerCapacity capacity = new ServerCapacity(10);
		capacity.serve(List.of(new ServerConnections(8080, -1, () -> -1)), 100);
		assertThat(capacity.hasRoom(8080, 89)).isTrue();
		assertThat(capacity.hasRoom(8080, 90)).isFalse();
	}

	@Test
	void eachPortHasItsOwn() {
		ServerCapacity capacity = new ServerCapacity(1);
		capacity.serve(List.of(new ServerConnections(8080, 10, () -> 10), new ServerConnections(8443, 20, () -> 10)),
				1000);
		assertThat(capacity.hasRoom(8080, 0)).isFalse();
		assertThat(capacity.hasRoom(8443, 0)).isTrue();
		assertThat(capacity.hasRoom(-1, 0)).as("the first one").isFalse();
	}

}
