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

import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds beans of which an application has none, one or several.
 */
final class OptionalBeans {

	private OptionalBeans() {
	}

	/**
	 * Find a bean of which there may be only one, because the choice changes what the
	 * application does, such as who may subscribe. Among several, this method does not
	 * guess.
	 * @param beans the beans of the type
	 * @param type the type
	 * @return the only or the primary one, or {@code null} if there is none
	 * @throws AmbiguousBeanException if there are several beans and none is primary
	 */
	static <T> @Nullable T single(ObjectProvider<T> beans, Class<T> type) {
		try {
			return beans.getIfAvailable();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			if (!type.equals(ex.getBeanType())) {
				throw ex;
			}
			throw new AmbiguousBeanException(type,
					(ex.getBeanNamesFound() != null) ? ex.getBeanNamesFound() : List.of());
		}
	}

	/**
	 * Loaded only if Jackson is on the classpath.
	 */
	static final class Json {

		private static final Log logger = LogFactory.getLog(OptionalBeans.class);

		private Json() {
		}

		/**
		 * Find the mapper that reads and writes payloads. An application may have several
		 * mappers for other purposes, so several are no error.
		 * @param mappers the beans of the type
		 * @return the only or the primary one, or else a new one with Jackson's defaults
		 */
		static JsonMapper mapper(ObjectProvider<JsonMapper> mappers) {
			JsonMapper unique = mappers.getIfUnique();
			if (unique != null) {
				return unique;
			}
			if (mappers.stream().findAny().isPresent()) {
				logger.warn("There are several JsonMapper beans and none is primary, so messages are read and written"
						+ " with Jackson's defaults and not with the application's settings. Mark one JsonMapper"
						+ " with @Primary, or define a bean of type PayloadEncoder");
			}
			return JsonMapper.builder().build();
		}

	}

}
