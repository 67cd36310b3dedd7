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

import java.io.File;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link NodeProcess}.
 */
class NodeProcessTests {

	/**
	 * The nodes have working directories of their own, in which the path of
	 * {@code java -jar demo-chat/target/demo-chat-cluster.jar} leads nowhere.
	 */
	@Test
	void theClassPathHoldsInAnotherDirectory() {
		String here = Path.of("").toAbsolutePath().toString();
		assertThat(NodeProcess.absolute("target" + File.separator + "demo.jar" + File.pathSeparator + here))
			.isEqualTo(here + File.separator + "target" + File.separator + "demo.jar" + File.pathSeparator + here);
	}

}
