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

package io.github.atmosphererelay.testkit;

import java.util.stream.Stream;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/**
 * An application with two kinds of channels, as far as its tests need one.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class ChatApplication {

	/**
	 * Make a cluster of it.
	 * @param more further configuration
	 */
	static RelayCluster.Builder cluster(Class<?>... more) {
		return RelayCluster
			.of(Stream.concat(Stream.of(ChatApplication.class), Stream.of(more)).toArray(Class<?>[]::new))
			.property("spring.application.name=chat")
			.property("logging.level.root=WARN")
			.property("atmosphere.channels[0].pattern=chat/**")
			.property("atmosphere.channels[0].client-publish=true")
			.property("atmosphere.channels[1].pattern=log/**")
			.property("atmosphere.channels[1].history.size=100")
			.property("atmosphere.channels[2].pattern=node/**")
			.property("atmosphere.channels[2].scope=node");
	}

}
