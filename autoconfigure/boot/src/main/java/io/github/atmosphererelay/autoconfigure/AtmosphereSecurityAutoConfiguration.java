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

import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.security.ClientSecurity;
import io.github.atmosphererelay.security.spring.internal.JwtTokenAuthenticator;
import io.github.atmosphererelay.security.spring.internal.LogoutListener;
import io.github.atmosphererelay.security.spring.internal.OAuth2TokenExpiry;
import io.github.atmosphererelay.security.spring.internal.SpringClientSecurity;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.UserDisconnector;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.security.access.hierarchicalroles.NullRoleHierarchy;
import org.springframework.security.access.hierarchicalroles.RoleHierarchy;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.event.LogoutSuccessEvent;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.AbstractOAuth2TokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;

/**
 * Auto-configuration that connects clients with Spring Security.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class,
		afterName = "org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerAutoConfiguration")
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereSecurityAutoConfiguration {

	private static final Log logger = LogFactory.getLog(AtmosphereSecurityAutoConfiguration.class);

	/**
	 * Makes the client available in the {@code SecurityContextHolder} while the
	 * application's code runs for it.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SecurityContextHolderStrategy.class)
	static class ContextConfiguration {

		@Bean
		@ConditionalOnMissingBean(ClientSecurity.class)
		SpringClientSecurity atmosphereClientSecurity(ObjectProvider<SecurityContextHolderStrategy> strategy,
				ObjectProvider<RoleHierarchy> hierarchy) {
			return new SpringClientSecurity(strategy.getIfUnique(SecurityContextHolder::getContextHolderStrategy),
					hierarchy.getIfUnique(NullRoleHierarchy::new));
		}

	}

	/**
	 * Ends a user's sessions when the user logs out.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(LogoutSuccessEvent.class)
	@ConditionalOnBooleanProperty(name = "atmosphere.security.disconnect-on-logout", matchIfMissing = true)
	static class LogoutConfiguration {

		@Bean
		LogoutListener atmosphereLogoutListener(ObjectProvider<UserDisconnector> disconnector) {
			return new LogoutListener(disconnector::getObject);
		}

	}

	/**
	 * Reads the expiry of principals that a resource server has made from bearer tokens.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(AbstractOAuth2TokenAuthenticationToken.class)
	static class ExpiryConfiguration {

		@Bean
		PrincipalExpiry atmospherePrincipalExpiry() {
			return new OAuth2TokenExpiry();
		}

	}

	/**
	 * Checks tokens that clients send, with the application's {@code JwtDecoder}.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JwtDecoder.class, JwtAuthenticationConverter.class })
	static class JwtConfiguration {

		@Bean
		@ConditionalOnSingleCandidate(JwtDecoder.class)
		@ConditionalOnMissingBean
		TokenAuthenticator atmosphereTokenAuthenticator(JwtDecoder decoder,
				ObjectProvider<Converter<Jwt, ? extends AbstractAuthenticationToken>> converter) {
			return new JwtTokenAuthenticator(decoder, converter.getIfUnique(JwtAuthenticationConverter::new));
		}

		/**
		 * Warns if there are several decoders: the node cannot know which of them is for
		 * clients.
		 */
		@Bean
		SmartInitializingSingleton atmosphereTokenAuthenticatorCheck(ObjectProvider<JwtDecoder> decoders,
				ObjectProvider<TokenAuthenticator> authenticators) {
			return () -> {
				if (decoders.getIfUnique() == null && decoders.stream().findAny().isPresent()
						&& authenticators.stream().findAny().isEmpty()) {
					logger
						.warn("There are several JwtDecoder beans and none is primary, so the node cannot check tokens"
								+ " that clients send and refuses them. Mark one JwtDecoder with @Primary, or define a"
								+ " bean of type TokenAuthenticator");
				}
			};
		}

	}

}
