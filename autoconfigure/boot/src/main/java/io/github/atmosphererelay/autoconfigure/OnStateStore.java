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

package io.github.atmosphererelay.autoconfigure;

import java.util.Locale;
import java.util.Map;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches the state store that is configured, or that of the configured relay. There is
 * none where nothing uses it.
 */
class OnStateStore extends SpringBootCondition {

	static final String PROPERTY = "atmosphere.state.store";

	private static final String RELAY = "atmosphere.relay.type";

	private static final String FEEDS = "atmosphere.feeds[0].topic";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnStateStore.class);
		Environment environment = context.getEnvironment();
		Map<String, Object> attributes = metadata.getAnnotationAttributes(ConditionalOnStateStore.class.getName());
		StateStoreType wanted = (attributes != null) ? (StateStoreType) attributes.get("value") : null;
		String configured = environment.getProperty(PROPERTY);
		if (configured == null && !environment.containsProperty(FEEDS)) {
			return ConditionOutcome.noMatch(message.because("nothing uses a state store"));
		}
		String type = (configured != null) ? configured : environment.getProperty(RELAY, "");
		StateStoreType found = switch (type.toLowerCase(Locale.ROOT)) {
			case "redis" -> StateStoreType.REDIS;
			case "jdbc" -> StateStoreType.JDBC;
			default -> StateStoreType.MEMORY;
		};
		return new ConditionOutcome(found == wanted, message.because("the state store is " + found));
	}

}
