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

package io.github.atmosphererelay.stomp.internal;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.web.socket.messaging.DefaultSimpUserRegistry;

/**
 * Puts a registry of users that can show those of all nodes in the place of Spring's own,
 * and lets Spring's own resolver of user destinations use the sessions of this node only.
 * Beans of the application's own types stay as they are.
 */
public final class StompBeanPostProcessor implements BeanPostProcessor {

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean.getClass() == DefaultSimpUserRegistry.class) {
			return new ClusterUserRegistry(((DefaultSimpUserRegistry) bean).getOrder());
		}
		if (bean.getClass() == DefaultUserDestinationResolver.class) {
			return overLocalSessions((DefaultUserDestinationResolver) bean);
		}
		return bean;
	}

	private static DefaultUserDestinationResolver overLocalSessions(DefaultUserDestinationResolver resolver) {
		if (!(resolver.getSimpUserRegistry() instanceof ClusterUserRegistry registry)) {
			return resolver;
		}
		DefaultUserDestinationResolver rebuilt = new DefaultUserDestinationResolver(registry.local());
		rebuilt.setUserDestinationPrefix(resolver.getDestinationPrefix());
		rebuilt.setRemoveLeadingSlash(resolver.isRemoveLeadingSlash());
		return rebuilt;
	}

}
